import { addressFrameOf, type Word } from '../../../mmu/index.js';

/** The guest's page tables, as far as walks have shown them. */
export interface Tables {
  /** Entries by table and index. */
  readonly entries: Map<number, Map<number, Entry>>;
  count: number;
  /** Entries were forgotten because there were too many. */
  isForgetful: boolean;
}

/** An entry, and the window in which it was last seen. */
export interface Entry {
  value: Word;
  seenIn: number;
}

/** Entries that are remembered: some 100 MB. Beyond, all are forgotten and shown anew by walks. */
export const ENTRIES_MAX = 2 ** 19;

const ENTRIES_OF_TABLE = 512;
const ENTRY_BYTES = 8;
const PAGE_BYTES = 4096;
/** Levels that are searched below a root. */
const DEPTH_MAX = 4;

export function createTables(): Tables {
  return { entries: new Map(), count: 0, isForgetful: false };
}

/** Index of the entry of an address in a table of a level. */
export function indexAt(address: Word, level: number): number {
  return Math.floor(address.page / ENTRIES_OF_TABLE ** (level - 1)) % ENTRIES_OF_TABLE;
}

export function isPresent({ low }: Word): boolean {
  return (low & 1) === 1;
}

/** Guest-physical address of an entry. */
export function gpaOf(table: number, index: number): number {
  return table * PAGE_BYTES + index * ENTRY_BYTES;
}

export function entryAt({ entries }: Tables, table: number, index: number): Entry | undefined {
  return entries.get(table)?.get(index);
}

/** The entry at an address of memory, if that is one that a walk has shown. */
export function entryAtGpa(tables: Tables, gpa: number): Entry | undefined {
  return entryAt(tables, Math.floor(gpa / PAGE_BYTES), (gpa % PAGE_BYTES) / ENTRY_BYTES);
}

/**
 * Takes an entry that a walk showed.
 *
 * @returns Number of the window in which it was last seen; null if it never was.
 */
export function learn(
  tables: Tables,
  { table, index, value, seenIn }: { table: number; index: number; value: Word; seenIn: number },
): number | null {
  if (tables.count >= ENTRIES_MAX) {
    tables.entries.clear();
    tables.count = 0;
    tables.isForgetful = true;
  }
  const of = tables.entries.get(table) ?? new Map<number, Entry>();
  if (of.size === 0) tables.entries.set(table, of);
  const known = of.get(index);
  if (known === undefined) {
    of.set(index, { value, seenIn });
    tables.count += 1;
    return null;
  }
  const since = known.seenIn;
  known.seenIn = seenIn;
  known.value = value;
  return since;
}

/** Whether a table is known to lie below a root. */
export function reaches({ entries }: Tables, root: number, table: number): boolean {
  const below = (from: number, depth: number): boolean => {
    if (from === table) return true;
    if (depth === 0) return false;
    for (const { value } of entries.get(from)?.values() ?? []) {
      if (isPresent(value) && below(addressFrameOf(value), depth - 1)) return true;
    }
    return false;
  };
  return below(root, DEPTH_MAX);
}
