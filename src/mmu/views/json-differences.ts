import type { Difference } from '../schema/index.js';

/** A value of JSON. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Parts that are compared before the caller may do something else. */
const PARTS_PER_STEP = 256;

/** A value on both sides; undefined where a side has nothing there. */
interface Sides {
  readonly a: Json | undefined;
  readonly b: Json | undefined;
}

/**
 * The differences of two values, leaf by leaf. A part that only one of them has is told by its
 * leaves. After many parts comes null, so that the caller may do something else in between.
 *
 * @param path JSON pointer of both.
 * @see RFC 6901, "JavaScript Object Notation (JSON) Pointer"
 */
export function jsonDifferences(path: string, values: Sides): Generator<Difference | null> {
  return within(path, values, { parts: 0 });
}

function* within(
  path: string,
  { a, b }: Sides,
  compared: { parts: number },
): Generator<Difference | null> {
  if (a === b) return;
  compared.parts += 1;
  if (compared.parts % PARTS_PER_STEP === 0) yield null;
  const [leafA, leafB] = [leafOf(a), leafOf(b)];
  if (leafA !== undefined || leafB !== undefined) {
    if (leafA !== leafB) yield differenceOf(path, leafA, leafB);
  }
  const [partsA, partsB] = [partsOf(a), partsOf(b)];
  for (const key of new Set([...Object.keys(partsA), ...Object.keys(partsB)])) {
    const place = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    yield* within(place, { a: partsA[key], b: partsB[key] }, compared);
  }
}

export function differenceOf(path: string, a: Difference['a'], b: Difference['b']): Difference {
  return { path, ...(a === undefined ? {} : { a }), ...(b === undefined ? {} : { b }) };
}

const NO_PARTS: JsonObject = {};

function leafOf(value: Json | undefined): Difference['a'] {
  return typeof value === 'object' && value !== null ? undefined : value;
}

function partsOf(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null ? (value as JsonObject) : NO_PARTS;
}
