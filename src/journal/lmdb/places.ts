import type { Database } from 'lmdb';

/** The key of a record or a checkpoint. */
export type Place = [vm: string, position: number];

/** Numbers of records, without the second. */
export type Range = readonly [from: number, to: number];

/** A number behind that of every record. */
export const LAST = Number.MAX_SAFE_INTEGER;

export const ALL: Range = [0, LAST];

/** The places of a VM that are taken, and the bytes in each. */
export function placesIn(
  table: Database<Buffer, Place>,
  vm: string,
  [from, to]: Range,
): { readonly place: Place; readonly bytes: number }[] {
  const range = table.getRange({ start: [vm, from], end: [vm, to] });
  return [...range].map(({ key, value }) => ({ place: key, bytes: value.length }));
}
