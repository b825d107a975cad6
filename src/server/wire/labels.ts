import { z } from 'zod';
import { textLike } from '../../mmu/schema/index.js';
import { BOUNDS } from './bounds.js';
import { ApiError } from './errors.js';

export const VmName = textLike(
  /^[!-~](?:[ -~]{0,126}[!-~])?$/,
  'not 1 to 128 printable ASCII characters, without a space at either end',
).meta({
  id: 'VmName',
  description: 'Name of a VM for people; several VMs may have the same.',
  examples: ['unsync after INVPCID'],
});

const KEY = '[A-Za-z0-9][A-Za-z0-9._/-]{0,62}';
const VALUE = '[ -~]{1,128}';
const TagKey = textLike(
  new RegExp(`^${KEY}$`),
  'the key of a tag has 1 to 63 letters, digits and ._/-, and begins with a letter or digit',
);
const TagValue = textLike(
  new RegExp(`^${VALUE}$`),
  'the value of a tag has 1 to 128 printable ASCII characters',
);

export const VmTags = z
  .record(TagKey, TagValue)
  .refine((tags) => Object.keys(tags).length <= BOUNDS.tagsPerVm.value, {
    message: `more than ${BOUNDS.tagsPerVm.value} tags`,
  })
  .meta({
    id: 'VmTags',
    description: 'Tags by which VMs are found and deleted.',
    maxProperties: BOUNDS.tagsPerVm.value,
    examples: [{ suite: 'nightly', worker: '3' }],
  });

const TtlSeconds = z
  .number()
  .int()
  .min(1)
  .max(BOUNDS.ttlSeconds.value)
  .nullable()
  .describe('Seconds after which a VM is deleted that got no request; null: never.');

/** Name, tags and TTL of a VM, which a request gives beside its configuration. */
export const LABELS = {
  name: VmName.nullable().default(null),
  tags: VmTags.default({}),
  ttlSeconds: TtlSeconds.default(null),
};
export const Labels = z.strictObject(LABELS);
export type Labels = Readonly<z.output<typeof Labels>>;
export const NO_LABELS: Labels = Labels.parse({});

/** A change of labels: an omitted label stays, and a tag that is null is removed. */
export const LabelsPatch = z
  .strictObject({
    name: VmName.nullable().optional(),
    tags: z.record(TagKey, TagValue.nullable()).optional(),
    ttlSeconds: TtlSeconds.optional(),
  })
  .meta({
    id: 'LabelsPatch',
    description: 'Omitted labels stay; null removes a name, a tag or a TTL.',
    examples: [{ name: 'left over', tags: { worker: null, keep: 'yes' }, ttlSeconds: 600 }],
  });

/**
 * Applies a change to labels.
 *
 * @throws {ApiError} If there would be too many tags.
 */
export function patchedLabels(labels: Labels, patch: z.output<typeof LabelsPatch>): Labels {
  const tags = { ...labels.tags };
  for (const [key, value] of Object.entries(patch.tags ?? {})) {
    if (value === null) delete tags[key];
    else tags[key] = value;
  }
  const count = Object.keys(tags).length;
  if (count > BOUNDS.tagsPerVm.value) {
    const message = `there would be ${count} tags; the bound is ${BOUNDS.tagsPerVm.value}`;
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
const TagText = textLike(
  new RegExp(`^${KEY}:${VALUE}$`),
  'not a tag, such as "suite:nightly": its key, a colon and its value',
);
const TagQuery = z.codec(TagText, z.custom<Tag>(), {
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

/** Selection of VMs in a query. */
export const SELECTION = {
  tag: z
    .preprocess(
      (given) => (Array.isArray(given) ? given : [given]),
      z.array(TagQuery).max(BOUNDS.tagsPerVm.value),
    )
    .optional()
    .describe('Only VMs with this tag, `key:value`. Given several times: with all of them.'),
  name: VmName.optional().describe('Only VMs of this name.'),
};
export type Selection = z.output<z.ZodObject<typeof SELECTION>>;

/** Test of whether a VM is selected; null if every VM is. */
export function selectorOf({
  tag,
  name,
}: Selection): ((labels: Pick<Labels, 'name' | 'tags'>) => boolean) | null {
  if (tag === undefined && name === undefined) return null;
  return (labels) =>
    (name === undefined || labels.name === name) &&
    (tag ?? []).every(({ key, value }) => hasTag(labels, key, value));
}

/** Whether a VM has a tag with this value. */
export function hasTag({ tags }: Pick<Labels, 'tags'>, key: string, value: string): boolean {
  return Object.hasOwn(tags, key) && tags[key] === value;
}
