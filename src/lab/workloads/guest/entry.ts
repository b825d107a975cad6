import type { Word } from '../planned.js';

/** Bits of an entry. @see Linux arch/x86/include/asm/pgtable_types.h */
export const _PAGE_PRESENT = 0x1;
export const _PAGE_RW = 0x2;
export const _PAGE_USER = 0x4;
const _PAGE_ACCESSED = 0x20;
const _PAGE_DIRTY = 0x40;
const _PAGE_PSE = 0x80;
export const _PAGE_GLOBAL = 0x100;

/** An entry that leads to a table of user memory, and to one of the kernel's. */
export const _PAGE_TABLE = 0x67;
export const _KERNPG_TABLE = 0x63;

/** User pages; accessed and dirty, so that no walk has to write. */
export const PAGE_SHARED = _PAGE_TABLE;
export const PAGE_READONLY = PAGE_SHARED - _PAGE_RW;

/** A large page of the kernel's. */
export const PAGE_KERNEL_LARGE =
  _PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_PSE;

/** Kernel text, which nobody may write. */
export const PAGE_KERNEL_ROX = _PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_DIRTY;

/** Bit 63, as a part of {@link Word.page}. */
export const _PAGE_NX = 2 ** 51;

/** @param frame Below 2^40. */
export function entryOf(frame: number, flags: number): Word {
  return { page: frame, low: flags };
}

export function withNx(entry: Word): Word {
  return { page: entry.page + _PAGE_NX, low: entry.low };
}

/** The frame that an entry leads to. */
export function frameOf({ page }: Word): number {
  return page % 2 ** 40;
}

export function isPresent({ low }: Word): boolean {
  return (low & _PAGE_PRESENT) !== 0;
}

export function isLarge({ low }: Word): boolean {
  return (low & _PAGE_PSE) !== 0;
}
