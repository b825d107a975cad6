import type { ByteWriter } from './bytes.js';

/** Work that yields between its pieces, so that a caller may do something else there. */
export type Pieces<T = void> = Generator<void, T>;

/** Items of a list that are written at a time: the rows of a page table, or pages of memory. */
const ITEMS = 64;

/** Writes a list as {@link ByteWriter.list} does, piece by piece. */
export function* writeInPieces<T>(
  writer: ByteWriter,
  items: Iterable<T> & { readonly length?: number; readonly size?: number },
  write: (item: T) => void,
): Pieces {
  writer.uint(items.length ?? items.size ?? 0);
  let left = ITEMS;
  for (const item of items) {
    if (left === 0) {
      yield;
      left = ITEMS;
    }
    left -= 1;
    write(item);
  }
}

/** Takes work that is done in steps to its end, all at once. */
export function finished<T>(steps: Generator<unknown, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
