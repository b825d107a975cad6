import { PT_GLOBAL, PT_PAGE_SIZE, PT_PRESENT, tableIndex, type Word } from '../machine/index.js';

/** A word of a table that a walk may read. */
export interface Place {
  /** Index of the word of eight bytes in the table. */
  readonly index: number;
  /** Whether an entry maps a page there: always at level 1, as a large page, or never. */
  readonly maps: 'always' | 'large' | 'never';
}

/** Every place at which a walk to a linear page may read an entry, in tables of either format. */
export function placesOf(page: number): readonly Place[] {
  const places: Place[] = [];
  for (let level = 1; level <= 5; level += 1) {
    const index = tableIndex(page, level, 9);
    places.push({ index, maps: level === 1 ? 'always' : level > 3 ? 'never' : 'large' });
  }
  // Two entries of four bytes share a word.
  places.push({ index: Math.floor((page % 1024) / 2), maps: 'always' });
  places.push({ index: Math.floor((Math.floor(page / 1024) % 1024) / 2), maps: 'large' });
  return places;
}

/**
 * Whether a word of a table can map a global page, as an entry of eight bytes or as one of four in
 * either half: an entry of eight bytes may look so by its address.
 */
export function mayMapGlobally({ page, low }: Word, maps: Place['maps']): boolean {
  if (maps === 'never') return false;
  const bits = PT_PRESENT | PT_GLOBAL | (maps === 'large' ? PT_PAGE_SIZE : 0);
  const upper = Math.floor(page / 2 ** 20);
  return (low & bits) === bits || (upper & bits) === bits;
}
