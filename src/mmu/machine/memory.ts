import { type Word, wordFromNumber, ZERO } from './word.js';

/**
 * Guest-physical memory, sparse: pages that were never written hold zeros and take no room.
 * A page maps the index of an 8-byte word, 0 to 511, to its value.
 */
export interface GuestMemory {
  /** What exists: a gfn outside every memslot is not visible to the guest's page tables. */
  readonly memslots: readonly Memslot[];
  readonly pages: Map<number, Map<number, Word>>;
}

/** A range of guest frames backed by the host. */
export interface Memslot {
  readonly gfn: number;
  readonly pageCount: number;
}

export function createMemory(memslots: readonly Memslot[]): GuestMemory {
  return { memslots, pages: new Map() };
}

/** @see Linux `kvm_vcpu_is_visible_gfn()`, virt/kvm/kvm_main.c */
export function isVisibleGfn({ memslots }: GuestMemory, gfn: number): boolean {
  return memslots.some((slot) => gfn >= slot.gfn && gfn < slot.gfn + slot.pageCount);
}

/** @param gpa A guest-physical address below 2^52; its low three bits are ignored. */
export function readWord({ pages }: GuestMemory, gpa: number): Word {
  return pages.get(Math.floor(gpa / 4096))?.get(indexOf(gpa)) ?? ZERO;
}

/** @param gpa A guest-physical address below 2^52; its low three bits are ignored. */
export function writeWord({ pages }: GuestMemory, gpa: number, value: Word): void {
  const gfn = Math.floor(gpa / 4096);
  let page = pages.get(gfn);
  if (page === undefined) {
    page = new Map();
    pages.set(gfn, page);
  }
  page.set(indexOf(gpa), value);
}

/** A run of words, `stride` bytes apart, whose values rise by `step`. */
export interface Fill {
  readonly gpa: number;
  readonly count: number;
  readonly stride: number;
  readonly first: number;
  readonly step: number;
}

export function fillWords(memory: GuestMemory, { gpa, count, stride, first, step }: Fill): void {
  for (let i = 0; i < count; i += 1) {
    writeWord(memory, gpa + i * stride, wordFromNumber(first + i * step));
  }
}

function indexOf(gpa: number): number {
  return Math.floor((gpa % 4096) / 8);
}
