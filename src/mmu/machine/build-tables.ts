import {
  VMX_EPT_EXECUTABLE,
  VMX_EPT_READABLE,
  VMX_EPT_RWX,
  VMX_EPT_WRITABLE,
} from './ept-entry.js';
import { VMX_EPT_ACCESSED, VMX_EPT_DIRTY } from './ept-used.js';
import {
  type GuestMemory,
  MEMORY_PAGES_MAX,
  readHalf,
  readWord,
  wordsAt,
  wordsToChange,
  writeHalf,
  writeWord,
} from './memory.js';
import { isReadOnlyGfn, isVisibleGfn } from './memslots.js';
import { gfnToGpa, gpaToGfn } from './page.js';
import {
  PT_ACCESSED,
  PT_DIRTY,
  PT_GLOBAL,
  PT_PAGE_SIZE,
  PT_PRESENT,
  PT_USER,
  PT_WRITABLE,
  PT64_NX_BIT,
} from './paging-entry.js';
import { PlannedWrites, type TableWrite, type WriteRun } from './planned-writes.js';
import type { Registers } from './registers.js';
import { flawOf, LEAF_LEVELS, type Shape, shapeOf, type TableRange } from './table-range.js';
import type { Word } from './word.js';
import { hex } from './word.js';

/** An entry whose rights are decided further down. */
const PT_TABLE = PT_PRESENT | PT_WRITABLE | PT_USER;
const PT_USED = PT_ACCESSED | PT_DIRTY;
const EPT_WRITE_BACK = 0x30;
const NX_PAGE_BIT = 2 ** (PT64_NX_BIT - 12);

/**
 * The entries that map a range. Tables that are there already are used; missing ones are taken
 * from `tables`. Nothing is written yet.
 *
 * @returns The entries in the order in which they are to be written, or why they cannot be.
 */
export function planTables(
  memory: GuestMemory,
  regs: Registers,
  range: TableRange,
): { readonly writes: PlannedWrites } | { readonly flaw: string } {
  const shape = shapeOf(regs, range);
  const flaw = shape === null ? 'the vCPU has paging off' : flawOf(shape, range);
  if (shape === null || flaw !== null) return { flaw: flaw as string };
  const plan = new Plan(memory, shape, range);
  for (let done = 0; done < range.pages; ) {
    const mapped = plan.mapRun(done);
    if (typeof mapped === 'string') return { flaw: mapped };
    done += mapped;
  }
  return { writes: plan.writes };
}

/** Stores the entries of a plan that go into one page. */
export function writeRun(memory: GuestMemory, run: WriteRun): void {
  run.storeIn(wordsToChange(memory, run.gfn));
}

/** Stores one entry of a plan. */
export function writeTable(memory: GuestMemory, { gpa, bytes, entry }: TableWrite): void {
  if (bytes === 8) writeWord(memory, gpa, entry);
  else writeHalf(memory, gpa, entry);
}

/** Levels of paging, of each of which a range may need a table. */
const LEVELS_MAX = 5;

/** The planned writes, which are read as if they were in memory already. */
class Plan {
  readonly writes: PlannedWrites;
  readonly #memory: GuestMemory;
  readonly #shape: Shape;
  readonly #range: TableRange;
  #nextTable: number;
  #newPages = 0;

  constructor(memory: GuestMemory, shape: Shape, range: TableRange) {
    this.#memory = memory;
    this.#shape = shape;
    this.#range = range;
    const tables = Math.ceil(range.pages / 2 ** shape.indexBits) + LEVELS_MAX;
    this.writes = new PlannedWrites(shape.entryBytes, range.pages + tables);
    this.#nextTable = gpaToGfn(range.tables);
  }

  /**
   * Maps pages from one on, as many as one table holds.
   *
   * @returns Their number, or why they cannot be mapped.
   */
  mapRun(first: number): number | string {
    const { address, pageSize, pages } = this.#range;
    const { indexBits, entryBytes } = this.#shape;
    const level = LEAF_LEVELS[pageSize];
    const number = address.page / 512 ** (level - 1) + first;
    const found = this.#descend(number * 512 ** (level - 1), level);
    if (typeof found === 'string') return found;
    const index = Math.floor(number) % 2 ** indexBits;
    const why = this.#whyNot(found.table + index * entryBytes);
    if (why !== null) return why;
    const left = Math.min(pages - first, 2 ** indexBits - index);
    // Where a table is on the way to itself, its leaves change where the way leads.
    const count = found.leadsToItself ? 1 : left;
    const { step, page, low } = this.#leaves(level);
    for (let i = 0; i < count; i += 1) {
      const gpa = found.table + (index + i) * entryBytes;
      this.writes.put(gpa, page + (first + i) * step, low);
    }
    return count;
  }

  /**
   * Finds or makes the table that holds the leaf of a page.
   *
   * @returns Its address, and whether it is on the way to itself; or why there is none.
   */
  #descend(page: number, leafLevel: number): Found | string {
    const { levels, indexBits, entryBytes } = this.#shape;
    const { root } = this.#range;
    const way: number[] = [];
    let table = gfnToGpa(root.page) + (this.#shape.isPae ? root.low - (root.low % 32) : 0);
    for (let level = levels; level > leafLevel; level -= 1) {
      way.push(gpaToGfn(table));
      const index = Math.floor(page / 2 ** (indexBits * (level - 1))) % 2 ** indexBits;
      const next = this.#tableBelow(table + index * entryBytes, level);
      if (typeof next === 'string') return next;
      table = gfnToGpa(next);
    }
    return { table, leadsToItself: way.includes(gpaToGfn(table)) };
  }

  /** Frame of the table that an entry leads to, which is made if there is none. */
  #tableBelow(gpa: number, level: number): number | string {
    const entry = this.#read(gpa);
    const isPresent = (entry.low & (this.#shape.isEpt ? VMX_EPT_RWX : PT_PRESENT)) !== 0;
    if (isPresent) {
      const isPage =
        (entry.low & PT_PAGE_SIZE) !== 0 && level <= 3 && !(this.#shape.isPae && level === 3);
      return isPage ? `a large page is in the way, at ${hex(gpa)}` : entry.page % 2 ** 40;
    }
    const table = this.#nextTable;
    if (!isVisibleGfn(this.#memory, table))
      return `no memslot holds a table at ${hex(gfnToGpa(table))}`;
    if (wordsAt(this.#memory, table) !== undefined)
      return `the page at ${hex(gfnToGpa(table))} is in use`;
    this.#newPages += 1;
    if (this.#memory.pages.size + this.#newPages > MEMORY_PAGES_MAX) {
      return `the VM would hold more than ${MEMORY_PAGES_MAX} pages`;
    }
    this.#nextTable += 1;
    const why = this.#whyNot(gpa);
    if (why === null) this.writes.put(gpa, table, this.#tableFlags(level));
    return why ?? table;
  }

  #tableFlags(level: number): number {
    const { isEpt, isPae } = this.#shape;
    if (isEpt) return VMX_EPT_RWX | (this.#range.accessedDirty ? VMX_EPT_ACCESSED : 0);
    if (isPae && level === 3) return PT_PRESENT;
    return PT_TABLE | (this.#range.accessedDirty ? PT_USED : 0);
  }

  /** The leaves: the page number of the first entry, by how much each next one is higher, and flags. */
  #leaves(level: number): { page: number; step: number; low: number } {
    const { gpa, execute } = this.#range;
    const { isEpt, entryBytes } = this.#shape;
    const isExecutable = execute || isEpt || entryBytes === 4;
    const page = gpaToGfn(gpa) + (isExecutable ? 0 : NX_PAGE_BIT);
    const large = level > 1 ? PT_PAGE_SIZE : 0;
    const low = large | (isEpt ? this.#eptLeafFlags() : this.#leafFlags());
    return { page, step: 512 ** (level - 1), low };
  }

  #eptLeafFlags(): number {
    const { write, execute, user, accessedDirty } = this.#range;
    const rights =
      (user ? VMX_EPT_READABLE : 0) |
      (write ? VMX_EPT_WRITABLE : 0) |
      (execute ? VMX_EPT_EXECUTABLE : 0);
    const used = accessedDirty ? VMX_EPT_ACCESSED | VMX_EPT_DIRTY : 0;
    return rights | EPT_WRITE_BACK | used;
  }

  #leafFlags(): number {
    const { write, user, global, accessedDirty } = this.#range;
    return (
      PT_PRESENT |
      (write ? PT_WRITABLE : 0) |
      (user ? PT_USER : 0) |
      (accessedDirty ? PT_USED : 0) |
      (global ? PT_GLOBAL : 0)
    );
  }

  #read(gpa: number): Word {
    const planned = this.writes.at(gpa);
    if (planned !== undefined) return planned;
    return this.#shape.entryBytes === 8 ? readWord(this.#memory, gpa) : readHalf(this.#memory, gpa);
  }

  /** Why an entry cannot be written; null if it can. */
  #whyNot(gpa: number): string | null {
    if (!isVisibleGfn(this.#memory, gpaToGfn(gpa))) {
      return `no memslot holds a table at ${hex(gpa)}`;
    }
    if (isReadOnlyGfn(this.#memory, gpaToGfn(gpa))) {
      return `the memslot of the table at ${hex(gpa)} is read-only; use host-write`;
    }
    return null;
  }
}

/** A table that holds leaves. */
interface Found {
  readonly table: number;
  readonly leadsToItself: boolean;
}
