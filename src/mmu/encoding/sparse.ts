import type { ByteReader, ByteWriter } from './bytes.js';

/**
 * Writes the items that are not zero, each group of 32 after a word that says which they are: most
 * of a page of memory, and of a shadow page, is zero.
 */
export function writeSparse(
  writer: ByteWriter,
  items: ArrayLike<number>,
  write: (item: number) => void,
): void {
  for (let first = 0; first < items.length; first += 32) {
    let present = 0;
    for (let i = 0; i < 32; i += 1) if (items[first + i] !== 0) present |= 1 << i;
    writer.uint(present >>> 0);
    for (let i = 0; i < 32; i += 1) {
      if ((present >>> i) & 1) write(items[first + i] as number);
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
    const present = reader.uint();
    for (let i = 0; i < 32; i += 1) {
      if ((present >>> i) & 1) items[first + i] = read();
    }
  }
  return items;
}
