import type { ByteReader, ByteWriter } from './bytes.js';

/**
 * Writes the items that are not zero, each group of 32 after a word that says which they are: most
 * of a page of memory, and of a shadow page, is zero. What it costs is the look at each item, so
 * arrays of either kind are looked at by a function of their own, which the compiler then knows.
 */
export function writeSparse(
  writer: ByteWriter,
  items: Float64Array | Uint32Array,
  write: (item: number) => void,
): void {
  const isWords = items instanceof Uint32Array;
  for (let first = 0; first < items.length; first += 32) {
    let present = isWords ? presentWords(items, first) : presentNumbers(items, first);
    writer.uint(present);
    for (; present !== 0; present = withoutLowest(present)) {
      write(items[first + lowestOf(present)] as number);
    }
  }
}

/** Reads what {@link writeSparse} wrote into an array of zeros. */
export function readSparse<T extends Float64Array | Uint32Array>(
  reader: ByteReader,
  items: T,
  read: () => number,
): T {
  for (let first = 0; first < items.length; first += 32) {
    let present = reader.uint();
    for (; present !== 0; present = withoutLowest(present)) {
      items[first + lowestOf(present)] = read();
    }
  }
  return items;
}

function presentWords(items: Uint32Array, first: number): number {
  // Most groups are all zero, and that is told sooner.
  let any = 0;
  for (let i = 0; i < 32; i += 1) any |= items[first + i] as number;
  if (any === 0) return 0;
  let present = 0;
  for (let i = 0; i < 32; i += 1) if (items[first + i] !== 0) present |= 1 << i;
  return present >>> 0;
}

function presentNumbers(items: Float64Array, first: number): number {
  let present = 0;
  for (let i = 0; i < 32; i += 1) if (items[first + i] !== 0) present |= 1 << i;
  return present >>> 0;
}

/** Index of the lowest bit that is set. */
function lowestOf(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

function withoutLowest(bits: number): number {
  return (bits & (bits - 1)) >>> 0;
}
