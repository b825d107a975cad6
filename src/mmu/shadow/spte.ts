import {
  ACC_EXEC,
  ACC_USER,
  ACC_USER_EXEC,
  ACC_WRITE,
  offsetInPage,
  PAGE_SIZE,
} from '../machine/index.js';
import { type ShadowPage, SPTES_PER_PAGE } from '../state/index.js';

/**
 * A shadow page-table entry, SPTE, as one exact number: its target times PAGE_SIZE, plus flags.
 * A leaf leads to a guest frame (the host frame behind it is not modelled), any other entry to a
 * shadow page, by its id. Zero is an empty entry.
 */
export type Spte = number;

/** Present, apart from what is allowed: an EPT entry may be executable alone. */
const SPTE_PRESENT = 0x1;
const SPTE_WRITABLE = 0x2;
/** The user may use it; in an EPT: readable. */
const SPTE_USER = 0x4;
const SPTE_EXECUTABLE = 0x8;
/** The guest allows writing, whether or not the entry does yet. */
const SPTE_GUEST_WRITABLE = 0x10;
const SPTE_ACCESSED = 0x20;
const SPTE_DIRTY = 0x40;
/** Kept from the processor until the first use, which an EPT without A bits shows by a fault. */
const SPTE_ACCESS_TRACKED = 0x80;
/** The guest may use it, but there is no memory behind it. */
const SPTE_MMIO = 0x100;
/** In an EPT with mode-based execute control: user-mode addresses may be fetched from. */
const SPTE_USER_EXECUTABLE = 0x200;

export const NO_SPTE: Spte = 0;

/** A leaf to be made. */
export interface Leaf {
  readonly gfn: number;
  /** `ACC_*` bits that the guest allows. */
  readonly acc: number;
  /** Whether the processor may write; false where writes must be seen. */
  readonly writable: boolean;
  /** Whether it counts as written already; the processor sets D when it writes. */
  readonly dirty: boolean;
  /** Whether it is made for the access that needs it, rather than ahead of one. */
  readonly accessed: boolean;
  /** Whether the processor sets no A bit in this page, so that use must be seen by a fault. */
  readonly adDisabled: boolean;
}

/** @see Linux `make_spte()`, arch/x86/kvm/mmu/spte.c */
export function leafSpte({ gfn, acc, writable, dirty, accessed, adDisabled }: Leaf): Spte {
  const flags =
    SPTE_PRESENT |
    (acc & ACC_WRITE ? SPTE_GUEST_WRITABLE : 0) |
    (writable ? SPTE_WRITABLE : 0) |
    (dirty ? SPTE_DIRTY : 0) |
    (acc & ACC_USER ? SPTE_USER : 0) |
    (acc & ACC_EXEC ? SPTE_EXECUTABLE : 0) |
    (acc & ACC_USER_EXEC ? SPTE_USER_EXECUTABLE : 0) |
    (accessed ? SPTE_ACCESSED : adDisabled ? SPTE_ACCESS_TRACKED : 0);
  return gfn * PAGE_SIZE + flags;
}

/** A link to a page below; everything is allowed, what counts is in the leaf. */
export function linkSpte({ id }: ShadowPage): Spte {
  return (
    id * PAGE_SIZE + (SPTE_PRESENT | SPTE_WRITABLE | SPTE_USER | SPTE_EXECUTABLE | SPTE_ACCESSED)
  );
}

/** @see Linux `mark_mmio_spte()`, arch/x86/kvm/mmu/mmu.c */
export function mmioSpte(gfn: number): Spte {
  return gfn * PAGE_SIZE + SPTE_MMIO;
}

export function isPresentSpte(spte: Spte): boolean {
  return (flagsOf(spte) & SPTE_PRESENT) !== 0;
}

export function isMmioSpte(spte: Spte): boolean {
  return (flagsOf(spte) & SPTE_MMIO) !== 0;
}

/** Whether the processor sees it present. */
export function isUsableSpte(spte: Spte): boolean {
  return (flagsOf(spte) & (SPTE_PRESENT | SPTE_ACCESS_TRACKED)) === SPTE_PRESENT;
}

export function isAccessTrackedSpte(spte: Spte): boolean {
  return (flagsOf(spte) & SPTE_ACCESS_TRACKED) !== 0;
}

/** Whether the processor may write through it. */
export function isWritableSpte(spte: Spte): boolean {
  return (flagsOf(spte) & (SPTE_WRITABLE | SPTE_ACCESS_TRACKED)) === SPTE_WRITABLE;
}

/** Whether it is writable as far as KVM is concerned. @see Linux `is_mmu_writable_spte()` */
export function isMmuWritableSpte(spte: Spte): boolean {
  return (flagsOf(spte) & SPTE_WRITABLE) !== 0;
}

export function isAccessedSpte(spte: Spte): boolean {
  return (flagsOf(spte) & SPTE_ACCESSED) !== 0;
}

export function isDirtySpte(spte: Spte): boolean {
  return (flagsOf(spte) & SPTE_DIRTY) !== 0;
}

/** Rights of an entry: `ACC_*` bits. */
export function accOfSpte(spte: Spte): number {
  const flags = flagsOf(spte);
  return (
    (flags & SPTE_WRITABLE ? ACC_WRITE : 0) |
    (flags & SPTE_USER ? ACC_USER : 0) |
    (flags & SPTE_EXECUTABLE ? ACC_EXEC : 0) |
    (flags & SPTE_USER_EXECUTABLE ? ACC_USER_EXEC : 0)
  );
}

/** Rights that the guest gave when the leaf was made: `ACC_*` bits. */
export function guestAccOfSpte(spte: Spte): number {
  const write = (flagsOf(spte) & SPTE_GUEST_WRITABLE) !== 0 ? ACC_WRITE : 0;
  return (accOfSpte(spte) & ~ACC_WRITE) | write;
}

/** A leaf that the processor has used; a write also makes it dirty. */
export function usedSpte(spte: Spte, isWrite: boolean): Spte {
  return withFlags(spte, SPTE_ACCESSED | (isWrite ? SPTE_DIRTY : 0));
}

/** A leaf that the processor has not written through yet. */
export function cleanSpte(spte: Spte): Spte {
  return isDirtySpte(spte) ? spte - SPTE_DIRTY : spte;
}

/** An entry through which nothing can be written. */
export function readOnlySpte(spte: Spte): Spte {
  return isMmuWritableSpte(spte) ? spte - SPTE_WRITABLE : spte;
}

/** Guest frame of a leaf, or id of the page that another entry links. */
export function targetOf(spte: Spte): number {
  return Math.floor(spte / PAGE_SIZE);
}

export function spteAt({ spt }: ShadowPage, index: number): Spte {
  return spt === null ? NO_SPTE : (spt[index] as number);
}

/** Stores an entry; who links and who maps is not kept in step here. */
export function storeSpte(page: ShadowPage, index: number, spte: Spte): void {
  const spt = page.spt === null || page.isSptShared ? takeSpt(page) : page.spt;
  spt[index] = spte;
}

/** Gives a page entries that are its own. */
function takeSpt(page: ShadowPage): Float64Array {
  const spt = page.spt?.slice() ?? new Float64Array(SPTES_PER_PAGE);
  page.spt = spt;
  page.isSptShared = false;
  return spt;
}

function flagsOf(spte: Spte): number {
  return offsetInPage(spte);
}

function withFlags(spte: Spte, flags: number): Spte {
  return spte - flagsOf(spte) + (flagsOf(spte) | flags);
}
