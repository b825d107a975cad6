import { ROLE } from '../../src/mmu/index.js';

/** A step from a value to a part of it: a property or index, or the nth value of a Map or a Set. */
type Step = string | number;

/** A place in a state that holds one plain value. */
export interface Place {
  readonly steps: readonly Step[];
  /** The same for all places that differ in indices alone. */
  readonly shape: string;
}

type Changed = { readonly to: unknown } | 'removed';

/** What a state is made of. */
export interface Places {
  readonly places: readonly Place[];
  /** Lists, Maps and Sets that hold nothing, by shape. */
  readonly empty: ReadonlySet<string>;
}

/**
 * Every place of a state, those left out that a shape is excluded for. What is met a second time is
 * a reference: it is a place of its own, and is not gone into.
 */
export function placesOf(state: object, isExcluded: (shape: string) => boolean): Places {
  const places: Place[] = [];
  const empty = new Set<string>();
  const filled = new Set<string>();
  const seen = new Set<object>();
  const visit = (value: unknown, steps: readonly Step[], shape: string): void => {
    // Where nothing is, nothing can be put that is sure to fit; so with what still goes on.
    if (isExcluded(shape) || value === null || value === Number.POSITIVE_INFINITY) return;
    if (!isObject(value) || seen.has(value)) {
      places.push({ steps, shape });
      return;
    }
    seen.add(value);
    const parts = partsOf(value);
    if (isCollection(value)) (parts.length === 0 ? empty : filled).add(shape);
    for (const [step, part] of parts) {
      visit(part, [...steps, step], isCollection(value) ? `${shape}[]` : `${shape}.${step}`);
    }
  };
  visit(state, [], '');
  return { places, empty: new Set([...empty].filter((shape) => !filled.has(shape))) };
}

/** Some places of each shape: the first ones and the last one. */
export function sampleOf(places: readonly Place[]): Place[] {
  const byShape = new Map<string, Place[]>();
  for (const place of places) {
    const same = byShape.get(place.shape) ?? [];
    byShape.set(place.shape, [...same, place]);
  }
  return [...byShape.values()].flatMap((same) => [
    ...new Set([...same.slice(0, 2), ...same.slice(-1)]),
  ]);
}

export function valueAt(state: object, { steps }: Place): unknown {
  return steps.reduce<unknown>((value, step) => partOf(value as object, step), state);
}

/** Puts something else into a place, and tells what; what a list or a table holds may be removed. */
export function changeAt(state: object, { steps }: Place): Changed {
  const step = steps[steps.length - 1] as Step;
  const container = valueAt(state, { steps: steps.slice(0, -1), shape: '' }) as object;
  const old = partOf(container, step);
  if (isObject(old) && Array.isArray(container)) {
    container.splice(step as number, 1);
    return 'removed';
  }
  if (container instanceof Set || (isObject(old) && container instanceof Map)) {
    container.delete([...container.keys()][step as number]);
    return 'removed';
  }
  const to = isObject(old) ? otherReference(container, old) : otherThan(step, old);
  if (container instanceof Map) container.set([...container.keys()][step as number], to);
  else Object.assign(container, { [step]: to });
  return { to };
}

/** A vCPU uses the other one of its MMUs; other references lead nowhere. */
function otherReference(container: object, old: object): object | null {
  if (!('rootMmu' in container && 'guestMmu' in container)) return null;
  return (old === container.rootMmu ? container.guestMmu : container.rootMmu) as object;
}

/** Flags turn round, numbers become the next one, and a role that of a page that was zapped. */
function otherThan(step: Step, old: unknown): unknown {
  if (typeof old === 'boolean') return !old;
  if (typeof old === 'number') {
    if (step === 'role') return old ^ ROLE.INVALID;
    return Number.isSafeInteger(old) ? old + 1 : 4096;
  }
  if (step === 'mode') return old === 'host' ? 'guest' : 'host';
  if (step === 'kind') return old === 'linear' ? 'combined' : 'linear';
  return null;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function isCollection(value: object): boolean {
  return (
    Array.isArray(value) ||
    ArrayBuffer.isView(value) ||
    value instanceof Map ||
    value instanceof Set
  );
}

/** Of pages of words and entries those that are not zero, from both ends. */
function partsOf(value: object): (readonly [Step, unknown])[] {
  if (value instanceof Float64Array || value instanceof Uint32Array) {
    const held = [...value].flatMap((word, index) => (word === 0 ? [] : [[index, word] as const]));
    return [...held.slice(0, 1), ...held.slice(-1)];
  }
  if (value instanceof Map || value instanceof Set) {
    return [...value.values()].map((part, nth) => [nth, part] as const);
  }
  if (Array.isArray(value)) {
    // A hole is nothing as well.
    return Array.from(value, (part: unknown, index) => [index, part ?? null] as const);
  }
  // vCPUs last: they refer to what stands elsewhere.
  const entries = Object.entries(value).filter(([key]) => key !== 'vcpus');
  return 'vcpus' in value ? [...entries, ['vcpus', value.vcpus]] : entries;
}

function partOf(value: object, step: Step): unknown {
  if (value instanceof Map || value instanceof Set) return [...value.values()][step as number];
  return (value as Record<Step, unknown>)[step];
}
