import type { Difference } from '../schema/index.js';

/** A value of JSON. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/**
 * The differences of two values, leaf by leaf. A part that only one of them has is told by its
 * leaves.
 *
 * @param path JSON pointer of both.
 * @param values Undefined where a side has nothing there.
 * @see RFC 6901, "JavaScript Object Notation (JSON) Pointer"
 */
export function* jsonDifferences(
  path: string,
  values: { readonly a: Json | undefined; readonly b: Json | undefined },
): Generator<Difference> {
  const { a, b } = values;
  if (a === b) return;
  const [leafA, leafB] = [leafOf(a), leafOf(b)];
  if (leafA !== undefined || leafB !== undefined) {
    if (leafA !== leafB) yield differenceOf(path, leafA, leafB);
  }
  const [partsA, partsB] = [partsOf(a), partsOf(b)];
  for (const key of new Set([...Object.keys(partsA), ...Object.keys(partsB)])) {
    const place = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    yield* jsonDifferences(place, { a: partsA[key], b: partsB[key] });
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
