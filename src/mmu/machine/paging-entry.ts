import { ACC_EXEC, ACC_USER, ACC_WRITE } from './access.js';
import { EFER_NX, X86_CR4_PSE } from './control-registers.js';
import { frameWithin, powerOf2, tableIndex } from './powers.js';
import { pagingModeOf, type Registers } from './registers.js';
import { addressFrameOf, bitsOf, hasBit, type Word } from './word.js';

/** Bits of the low part of an entry. @see Linux arch/x86/include/asm/pgtable_types.h */
export const PT_PRESENT = 0x1;
export const PT_WRITABLE = 0x2;
export const PT_USER = 0x4;
export const PT_ACCESSED = 0x20;
export const PT_DIRTY = 0x40;
export const PT_PAGE_SIZE = 0x80;
export const PT_GLOBAL = 0x100;
export const PT64_NX_BIT = 63;

/** Geometry of a mode's tables. PAE's top table is not walked: its entries are in registers. */
export interface Format {
  readonly levels: number;
  readonly indexBits: 9 | 10;
  readonly entryBytes: 4 | 8;
}

export const FORMATS = {
  '5-level': { levels: 5, indexBits: 9, entryBytes: 8 },
  '4-level': { levels: 4, indexBits: 9, entryBytes: 8 },
  PAE: { levels: 2, indexBits: 9, entryBytes: 8 },
  '32-bit': { levels: 2, indexBits: 10, entryBytes: 4 },
} as const satisfies Record<string, Format>;

/** Frame and rights of an entry at level 1. */
export interface LeafEntry {
  readonly gfn: number;
  /** Rights that may be cached: no writing until the entry is dirty. */
  readonly acc: number;
}

/**
 * Reads an entry at level 1 as a walk would use it without touching it; null if it is not present,
 * was never accessed, or has a reserved bit set.
 */
export function leafEntry(entry: Word, regs: Registers, maxphyaddr: number): LeafEntry | null {
  const used = PT_PRESENT | PT_ACCESSED;
  if ((entry.low & used) !== used) return null;
  const mode = pagingModeOf(regs);
  if (mode === 'none') return null;
  const format = FORMATS[mode];
  if (hasReservedBit(entry, { level: 1, isLeaf: true, regs, format, maxphyaddr })) return null;
  const acc = accOf(entry, format);
  return {
    gfn: frameOf(entry, format),
    acc: (entry.low & PT_DIRTY) !== 0 ? acc : acc & ~ACC_WRITE,
  };
}

/** Index of an address in a table of a level. */
export function indexOf(
  address: Word,
  level: number,
  { indexBits }: { indexBits: number },
): number {
  return tableIndex(address.page, level, indexBits);
}

/** Rights of an entry. Entries of four bytes have no bit against execution. */
export function accOf(entry: Word, { entryBytes }: { entryBytes: 4 | 8 }): number {
  return (
    ((entry.low & PT_WRITABLE) !== 0 ? ACC_WRITE : 0) |
    ((entry.low & PT_USER) !== 0 ? ACC_USER : 0) |
    (entryBytes === 8 && hasBit(entry, PT64_NX_BIT) ? 0 : ACC_EXEC)
  );
}

/** Frame that an entry names: address bits 51:12, or 31:12 of an entry of four bytes. */
export function frameOf(entry: Word, { entryBytes }: Format): number {
  return entryBytes === 8 ? addressFrameOf(entry) : entry.page % 2 ** 20;
}

/** The 4 KiB frame of an address inside a page; a 4 MiB page may lie above 4 GiB (PSE-36). */
export function pageFrameOf(entry: Word, level: number, address: Word, format: Format): number {
  if (level === 1) return frameOf(entry, format);
  const frame = frameOf(entry, format);
  const high = format.entryBytes === 4 ? bitsOf(entry, { high: 20, low: 13 }) * 2 ** 20 : 0;
  return high + frameWithin(frame, address.page, pageOrderOf(level, format));
}

/** Size of a page that an entry of a level maps, as the exponent of so many pages of 4 KiB. */
export function pageOrderOf(level: number, { indexBits }: Format): number {
  return indexBits * (level - 1);
}

/** The same of a walk that ended at a level, whatever the mode; it ends at 1 without paging. */
export function mappedOrderOf(level: number, regs: Registers): number {
  const mode = pagingModeOf(regs);
  return mode === 'none' ? 0 : pageOrderOf(level, FORMATS[mode]);
}

/** Whether two page numbers of 4 KiB lie in one page of a size. */
export function isSamePage(a: number, b: number, order: number): boolean {
  const span = powerOf2(order);
  return Math.floor(a / span) === Math.floor(b / span);
}

/** Whether an entry above level 1 maps a page instead of leading to a table. */
export function isLargePage(
  { low }: Word,
  level: number,
  { cr4 }: Registers,
  format: Format,
): boolean {
  if ((low & PT_PAGE_SIZE) === 0 || level > 3) return false;
  return format.entryBytes === 8 || (cr4 & X86_CR4_PSE) !== 0;
}

/** The facts by which an entry is judged. */
interface EntryPlace {
  readonly level: number;
  readonly isLeaf: boolean;
  readonly regs: Registers;
  readonly format: Format;
  readonly maxphyaddr: number;
  readonly isAmd?: boolean;
}

/** Physical-address bits that a page of 4 MiB can have at most (PSE-36). */
const PSE36_ADDRESS_BITS = 40;

/**
 * @see Intel SDM Vol. 3A, "Reserved Bits" in the descriptions of each paging mode
 * @see Linux `__reset_rsvds_bits_mask()`, arch/x86/kvm/mmu/mmu.c
 */
export function hasReservedBit(
  entry: Word,
  { level, isLeaf, regs, format, maxphyaddr, isAmd }: EntryPlace,
) {
  if (format.entryBytes === 4) {
    if (!isLeaf || level === 1) return false;
    // Address bits from 32 up stand from bit 13 up.
    const lowest = Math.min(maxphyaddr, PSE36_ADDRESS_BITS) - 32 + 13;
    return bitsOf(entry, { high: 21, low: lowest }) !== 0;
  }
  if (hasBit(entry, PT64_NX_BIT) && (regs.efer & EFER_NX) === 0) return true;
  const isPae = format.levels === 2;
  const highest = isPae ? 62 : 51;
  if (maxphyaddr <= highest && bitsOf(entry, { high: highest, low: maxphyaddr }) !== 0) return true;
  if (isLeaf) return level > 1 && bitsOf(entry, { high: 9 * level + 2, low: 13 }) !== 0;
  return level > 3 && (entry.low & (PT_PAGE_SIZE | (isAmd ? PT_GLOBAL : 0))) !== 0;
}
