import { ACC_EXEC, ACC_USER, ACC_USER_EXEC, ACC_WRITE } from './access.js';
import { VMX_EPT_ACCESSED, VMX_EPT_DIRTY } from './ept-used.js';
import { CAP } from './eptp.js';
import type { LeafEntry } from './paging-entry.js';
import { addressFrameOf, bitsOf, hasBit, type Word } from './word.js';

/** Bits of the low part of an EPT entry. @see Intel SDM Vol. 3C, "EPT Translation Mechanism" */
export const VMX_EPT_READABLE = 0x1;
export const VMX_EPT_WRITABLE = 0x2;
export const VMX_EPT_EXECUTABLE = 0x4;
export const VMX_EPT_RWX = 0x7;
const EPT_LARGE_PAGE = 0x80;
/** With mode-based execute control; bit 2 is for addresses of the supervisor alone then. */
export const VMX_EPT_USER_EXECUTABLE = 0x400;

/** Properties of the processor that decide which entries are well formed. */
export interface EptLimits {
  /** IA32_VMX_EPT_VPID_CAP as offered to L1. */
  readonly cap: Word;
  /** Bits of a physical address: 36 to 52. */
  readonly maxphyaddr: number;
  /** Mode-based execute control: whether fetches from user-mode addresses have a bit of their own. */
  readonly isModeBased: boolean;
  /** Level above which bit 7 is not looked at; that of the EPT itself unless told. */
  readonly lastNonleafLevel?: number;
}

/**
 * Reads an EPT entry at level 1 as a walk would use it without touching it; null if it is not
 * present, not accessed although the EPT tracks use, or misconfigured.
 */
export function leafEptEntry(
  entry: Word,
  { limits, tracksUse }: { limits: EptLimits; tracksUse: boolean },
): LeafEntry | null {
  if (!isEptPresent(entry, limits)) return null;
  if (tracksUse && (entry.low & VMX_EPT_ACCESSED) === 0) return null;
  if (isMisconfigured(entry, { level: 1, isLeaf: true, limits })) return null;
  const acc = accOfEpt(entry.low, limits);
  const isDirty = !tracksUse || (entry.low & VMX_EPT_DIRTY) !== 0;
  return { gfn: addressFrameOf(entry), acc: isDirty ? acc : acc & ~ACC_WRITE };
}

/** The target of an EPT entry, whether or not it was ever used. */
export interface EptEntry {
  readonly isLeaf: boolean;
  /** Frame of the table or page that it names. */
  readonly gfn: number;
  /** `ACC_*` bits of this entry alone. */
  readonly acc: number;
}

/** Reads an EPT entry; null if it is not present or misconfigured, so that it is never cached. */
export function eptEntry(entry: Word, level: number, limits: EptLimits): EptEntry | null {
  if (!isEptPresent(entry, limits)) return null;
  const isLeaf = level === 1 || isLargeEptPage(entry, level, limits.cap);
  if (isMisconfigured(entry, { level, isLeaf, limits })) return null;
  return { isLeaf, gfn: entry.page % 2 ** 40, acc: accOfEpt(entry.low, limits) };
}

/**
 * EPT rights as `ACC_*` bits: readable is `ACC_USER`, and `ACC_USER_EXEC` is never set without
 * mode-based execute control.
 *
 * @see Linux `FNAME(gpte_access)` for EPT
 */
export function accOfEpt(rights: number, { isModeBased }: { isModeBased: boolean }): number {
  return (
    ((rights & VMX_EPT_READABLE) !== 0 ? ACC_USER : 0) |
    ((rights & VMX_EPT_WRITABLE) !== 0 ? ACC_WRITE : 0) |
    ((rights & VMX_EPT_EXECUTABLE) !== 0 ? ACC_EXEC : 0) |
    (isModeBased && (rights & VMX_EPT_USER_EXECUTABLE) !== 0 ? ACC_USER_EXEC : 0)
  );
}

/**
 * An EPT's rights to a page as a linear address sees them: by mode-based execute control the
 * guest's own tables decide which of the two rights to fetch counts.
 *
 * @param acc `ACC_*` bits of the EPT.
 * @returns The same, `ACC_EXEC` being the right that counts.
 * @see Intel SDM Vol. 3C, "EPT Translation Mechanism"
 */
export function eptAccFor(
  acc: number,
  { isModeBased, isOfUser }: { isModeBased: boolean; isOfUser: boolean },
): number {
  if (!isModeBased || !isOfUser) return acc;
  return (acc & ACC_USER_EXEC) !== 0 ? acc | ACC_EXEC : acc & ~ACC_EXEC;
}

/** The bits of an entry that allow something: one without any is not present. */
export function rightsIn({ isModeBased }: EptLimits): number {
  return isModeBased ? VMX_EPT_RWX | VMX_EPT_USER_EXECUTABLE : VMX_EPT_RWX;
}

/** Whether an EPT entry is present. */
export function isEptPresent({ low }: Word, limits: EptLimits): boolean {
  return (low & rightsIn(limits)) !== 0;
}

/** Whether an EPT entry above level 1 maps a page instead of leading to a table. */
export function isLargeEptPage({ low }: Word, level: number, cap: Word): boolean {
  if ((low & EPT_LARGE_PAGE) === 0) return false;
  return (level === 2 && hasBit(cap, CAP.PAGE_2M)) || (level === 3 && hasBit(cap, CAP.PAGE_1G));
}

/** @see Linux `__reset_rsvds_bits_mask_ept()`, arch/x86/kvm/mmu/mmu.c */
export function isMisconfigured(
  entry: Word,
  { level, isLeaf, limits }: { level: number; isLeaf: boolean; limits: EptLimits },
): boolean {
  const { cap, maxphyaddr } = limits;
  const isReadable = (entry.low & VMX_EPT_READABLE) !== 0;
  if (!isReadable && (entry.low & VMX_EPT_WRITABLE) !== 0) return true;
  if (!isReadable && !hasBit(cap, CAP.EXECUTE_ONLY)) return true;
  if (maxphyaddr < 52 && bitsOf(entry, { high: 51, low: maxphyaddr }) !== 0) return true;
  const { lastNonleafLevel = level } = limits;
  if (!isLeaf) return bitsOf(entry, { high: level > lastNonleafLevel ? 6 : 7, low: 3 }) !== 0;
  const memoryType = bitsOf(entry, { high: 5, low: 3 });
  if (memoryType === 2 || memoryType === 3 || memoryType === 7) return true;
  return level > 1 && bitsOf(entry, { high: 9 * level + 2, low: 12 }) !== 0;
}
