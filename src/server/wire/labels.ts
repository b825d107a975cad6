import { z } from 'zod';
import { ApiError } from './errors.js';
import { TAGS_PER_VM_MAX, TTL_SECONDS_MAX } from './limits.js';

export const VmName = z
  .string()
  .regex(/^[!-~](?:[ -~]{0,126}[!-~])?$/)
  .meta({
    id: 'VmName',
    description: 'What people call a VM; several may have the same name.',
    examples: ['unsync after INVPCID'],
  });

const KEY = '[A-Za-z0-9][A-Za-z0-9._/-]{0,62}';
const VALUE = '[ -~]{1,128}';
const TagKey = z.string().regex(new RegExp(`^${KEY}$`));
const TagValue = z.string().regex(new RegExp(`^${VALUE}$`));

export const VmTags = z
  .record(TagKey, TagValue)
  .refine((tags) => Object.keys(tags).length <= TAGS_PER_VM_MAX, {
    message: `more than ${TAGS_PER_VM_MAX} tags`,
  })
  .meta({
    id: 'VmTags',
    description: 'What VMs are found and deleted by.',
    maxProperties: TAGS_PER_VM_MAX,
    examples: [{ suite: 'nightly', worker: '3' }],
  });

const TtlSeconds = z
  .number()
  .int()
  .min(1)
  .max(TTL_SECONDS_MAX)
  .nullable()
  .describe('Seconds without a request for it after which a VM is deleted; null: never.');

/** What a VM is called and how long it lives, next to what it is made from. */
export const LABELS = {
  name: VmName.nullable().default(null),
  tags: VmTags.default({}),
  ttlSeconds: TtlSeconds.default(null),
};
export const Labels = z.strictObject(LABELS);
export type Labels = Readonly<z.output<typeof Labels>>;
export const NO_LABELS: Labels = Labels.parse({});

/** A change of labels: what is left out stays, and a tag that is null goes. */
export const LabelsPatch = z
  .strictObject({
    name: VmName.nullable().optional(),
    tags: z.record(TagKey, TagValue.nullable()).optional(),
    ttlSeconds: TtlSeconds.optional(),
  })
  .meta({
    id: 'LabelsPatch',
    description: 'What is left out stays; null takes a name, a tag or a TTL away.',
    examples: [{ name: 'left over', tags: { worker: null, keep: 'yes' }, ttlSeconds: 600 }],
  });

/** @throws {ApiError} If there would be too many tags. */
export function patchedLabels(labels: Labels, patch: z.output<typeof LabelsPatch>): Labels {
  const tags = { ...labels.tags };
  for (const [key, value] of Object.entries(patch.tags ?? {})) {
    if (value === null) delete tags[key];
    else tags[key] = value;
  }
  const count = Object.keys(tags).length;
  if (count > TAGS_PER_VM_MAX) {
    const message = `there would be ${count} tags; the bound is ${TAGS_PER_VM_MAX}`;
    throw new ApiError('invalid-request', `Cannot take body at /tags: ${message}`, {
      errors: [{ in: 'body', path: '/tags', message }],
    });
  }
  return {
    name: patch.name === undefined ? labels.name : patch.name,
    tags,
    ttlSeconds: patch.ttlSeconds === undefined ? labels.ttlSeconds : patch.ttlSeconds,
  };
}

/** A tag in a query: `key:value`. */
const TagQuery = z.codec(z.string().regex(new RegExp(`^${KEY}:${VALUE}$`)), z.custom<Tag>(), {
  decode: (text) => {
    const colon = text.indexOf(':');
    return { key: text.slice(0, colon), value: text.slice(colon + 1) };
  },
  encode: ({ key, value }) => `${key}:${value}`,
});

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** Which VMs are meant, in a query. */
export const SELECTION = {
  tag: z
    .preprocess(
      (given) => (Array.isArray(given) ? given : [given]),
      z.array(TagQuery).max(TAGS_PER_VM_MAX),
    )
    .optional()
    .describe('Only VMs with this tag, `key:value`; if given several times, with all of them.'),
  name: VmName.optional().describe('Only VMs of this name.'),
};
export type Selection = z.output<z.ZodObject<typeof SELECTION>>;

/** Whether a VM is meant; null if all are. */
export function selectorOf({
  tag,
  name,
}: Selection): ((labels: Pick<Labels, 'name' | 'tags'>) => boolean) | null {
  if (tag === undefined && name === undefined) return null;
  return (labels) =>
    (name === undefined || labels.name === name) &&
    (tag ?? []).every(({ key, value }) => hasTag(labels, key, value));
}

function hasTag({ tags }: Pick<Labels, 'tags'>, key: string, value: string): boolean {
  return Object.hasOwn(tags, key) && tags[key] === value;
}

/** Counts VMs by tag, so that those of one tag do not take the place of all others. */
export class TagCounts {
  readonly #vmsPerTagMax: number;
  readonly #counts = new Map<string, number>();

  constructor(vmsPerTagMax: number) {
    this.#vmsPerTagMax = vmsPerTagMax;
  }

  /** @throws {ApiError} If one of the new tags of a VM has as many VMs as it may have. */
  demand(from: Labels, to: Labels): void {
    for (const [key, value] of Object.entries(to.tags)) {
      if (hasTag(from, key, value)) continue;
      if ((this.#counts.get(`${key}:${value}`) ?? 0) < this.#vmsPerTagMax) continue;
      throw new ApiError(
        'tag-limit-reached',
        `Cannot tag VM "${key}:${value}": there are ${this.#vmsPerTagMax} VMs with it, the bound; ` +
          'delete some of them',
      );
    }
  }

  /** Counts a VM by its new tags instead of its old ones. @throws As {@link demand} does. */
  move(from: Labels, to: Labels): void {
    this.demand(from, to);
    this.#add(from, -1);
    this.#add(to, 1);
  }

  #add({ tags }: Labels, change: number): void {
    for (const [key, value] of Object.entries(tags)) {
      const tag = `${key}:${value}`;
      const count = (this.#counts.get(tag) ?? 0) + change;
      if (count === 0) this.#counts.delete(tag);
      else this.#counts.set(tag, count);
    }
  }
}
