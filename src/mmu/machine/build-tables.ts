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
import { PlannedWrites, type TableWrite } from './planned-writes.js';
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
  for (let i = 0; i < range.pages; i += 1) {
    const why = plan.mapPage(i);
    if (why !== null) return { flaw: why };
  }
  return { writes: plan.writes };
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
  /** Address of the table that the last leaf went into, and which part of memory that table maps. */
  #table = 0;
  #run = -1;
  /** Whether that table is on the way to itself: then its leaves change where the way leads. */
  #leadsToItself = false;

  constructor(memory: GuestMemory, shape: Shape, range: TableRange) {
    this.#memory = memory;
    this.#shape = shape;
    this.#range = range;
    const tables = Math.ceil(range.pages / 2 ** shape.indexBits) + LEVELS_MAX;
    this.writes = new PlannedWrites(shape.entryBytes, range.pages + tables);
    this.#nextTable = gpaToGfn(range.tables);
  }

  /** @returns Why the page cannot be mapped; null if it can. */
  mapPage(i: number): string | null {
    const { address, pageSize } = this.#range;
    const { indexBits, entryBytes } = this.#shape;
    const leafLevel = LEAF_LEVELS[pageSize];
    const number = address.page / 512 ** (leafLevel - 1) + i;
    const run = Math.floor(number / 2 ** indexBits);
    if (run !== this.#run) {
      const why = this.#descend(number * 512 ** (leafLevel - 1), leafLevel);
      if (why !== null) return why;
      this.#run = this.#leadsToItself ? -1 : run;
    }
    const index = Math.floor(number) % 2 ** indexBits;
    return this.#put(this.#table + index * entryBytes, this.#leaf(i, leafLevel));
  }

  /**
   * Finds or makes the table that holds the leaf of a page. Pages beside each other share it.
   *
   * @returns Why there is none; null if there is.
   */
  #descend(page: number, leafLevel: number): string | null {
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
    this.#table = table;
    this.#leadsToItself = way.includes(gpaToGfn(table));
    return null;
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
    const why = this.#put(gpa, { page: table, low: this.#tableFlags(level) });
    return why ?? table;
  }

  #tableFlags(level: number): number {
    const { isEpt, isPae } = this.#shape;
    if (isEpt) return VMX_EPT_RWX | (this.#range.accessedDirty ? VMX_EPT_ACCESSED : 0);
    if (isPae && level === 3) return PT_PRESENT;
    return PT_TABLE | (this.#range.accessedDirty ? PT_USED : 0);
  }

  #leaf(i: number, level: number): Word {
    const { gpa, write, execute, user, global, accessedDirty } = this.#range;
    const frame = gpaToGfn(gpa) + i * 512 ** (level - 1);
    const large = level > 1 ? PT_PAGE_SIZE : 0;
    if (this.#shape.isEpt) {
      const rights =
        (user ? VMX_EPT_READABLE : 0) |
        (write ? VMX_EPT_WRITABLE : 0) |
        (execute ? VMX_EPT_EXECUTABLE : 0);
      const used = accessedDirty ? VMX_EPT_ACCESSED | VMX_EPT_DIRTY : 0;
      const low = rights | EPT_WRITE_BACK | large | used;
      return { page: frame, low };
    }
    const low =
      PT_PRESENT |
      (write ? PT_WRITABLE : 0) |
      (user ? PT_USER : 0) |
      (accessedDirty ? PT_USED : 0) |
      large |
      (global ? PT_GLOBAL : 0);
    const page = execute || this.#shape.entryBytes === 4 ? frame : frame + NX_PAGE_BIT;
    return { page, low };
  }

  #read(gpa: number): Word {
    const planned = this.writes.at(gpa);
    if (planned !== undefined) return planned;
    return this.#shape.entryBytes === 8 ? readWord(this.#memory, gpa) : readHalf(this.#memory, gpa);
  }

  #put(gpa: number, entry: Word): string | null {
    if (!isVisibleGfn(this.#memory, gpaToGfn(gpa))) {
      return `no memslot holds a table at ${hex(gpa)}`;
    }
    if (isReadOnlyGfn(this.#memory, gpaToGfn(gpa))) {
      return `the memslot of the table at ${hex(gpa)} is read-only; use host-write`;
    }
    this.writes.put(gpa, entry);
    return null;
  }
}
