import { ACC_EXEC, ACC_USER, ACC_WRITE, type AccessKind } from './access.js';
import { markEptUsed, VMX_EPT_ACCESSED, VMX_EPT_DIRTY } from './ept-used.js';
import { CAP, hasAccessedDirty, walkLevelsOf } from './eptp.js';
import { type GuestMemory, readWord } from './memory.js';
import { isVisibleGfn } from './memslots.js';
import { gfnToGpa, gpaToGfn } from './page.js';
import type { LeafEntry } from './paging-entry.js';
import { addressFrameOf, bitsOf, hasBit, type Word } from './word.js';

/** Bits of the low part of an EPT entry. @see Intel SDM Vol. 3C, "EPT Translation Mechanism" */
export const VMX_EPT_READABLE = 0x1;
export const VMX_EPT_WRITABLE = 0x2;
export const VMX_EPT_EXECUTABLE = 0x4;
export const VMX_EPT_RWX = 0x7;
const EPT_LARGE_PAGE = 0x80;

/** Bits of the exit qualification of an EPT violation. @see Intel SDM Vol. 3C, "EPT Violations" */
const EPT_VIOLATION_ACC: Record<AccessKind, number> = { read: 0x1, write: 0x2, execute: 0x4 };
const EPT_VIOLATION_RWX_SHIFT = 3;
/** Rights that the translation had. */
export const EPT_VIOLATION_RWX_MASK = 0x38;
export const EPT_VIOLATION_GVA_IS_VALID = 0x80;
export const EPT_VIOLATION_GVA_TRANSLATED = 0x100;

/** An access by a guest-physical address of L2. */
export interface PhysicalAccess {
  readonly kind: AccessKind;
  /** Whether it is to the page itself, or to a page table of L2 on the way there. */
  readonly isFinal: boolean;
}

/** An entry that a walk went through, from the top. */
export interface EptStep {
  readonly level: number;
  readonly gpa: number;
  readonly entry: Word;
  /** `ACC_*` bits down to this entry, itself included; readable is `ACC_USER`. */
  readonly acc: number;
}

export interface EptMapped {
  readonly kind: 'mapped';
  readonly steps: readonly EptStep[];
  readonly level: number;
  /** Frame of L1's memory that holds the address. */
  readonly gfn: number;
  /** Rights that may be cached: no writing until the leaf is dirty, if the EPT tracks that. */
  readonly acc: number;
}

/** A walk that fails names the entry that it failed at as its last step. */
export type EptWalk =
  | EptMapped
  | {
      readonly kind: 'violation';
      readonly steps: readonly EptStep[];
      readonly qualification: number;
    }
  | { readonly kind: 'misconfiguration'; readonly steps: readonly EptStep[] }
  /** The log of modified pages has no room, so that D was not set. */
  | { readonly kind: 'log-full'; readonly steps: readonly EptStep[] };

/** The rules of one walk. */
export interface EptWalkRules {
  readonly access: PhysicalAccess;
  readonly limits: EptLimits;
  /** Logs a page whose D is about to be set; false if there is no room. Absent: there is no log. */
  readonly logDirty?: (gpa: number) => boolean;
}

/** Properties of the processor that decide which entries are well formed. */
export interface EptLimits {
  /** IA32_VMX_EPT_VPID_CAP as offered to L1. */
  readonly cap: Word;
  /** Bits of a physical address: 36 to 52. */
  readonly maxphyaddr: number;
  /** Level above which bit 7 is not looked at; that of the EPT itself unless told. */
  readonly lastNonleafLevel?: number;
}

/**
 * Walks an EPT of L1 for one access, judges it, and sets A and D where the EPTP enables them. At
 * each level an entry that is not present ends the walk, then one that is misconfigured; rights
 * are judged only after a complete walk.
 *
 * With A and D enabled, an access to a page table of L2 counts as a write.
 *
 * @param gpa Guest-physical address of L2, below 2^52.
 * @see Intel SDM Vol. 3C, "EPT-Induced VM Exits"
 * @see Linux `ept_walk_addr_generic()`, arch/x86/kvm/mmu/paging_tmpl.h
 */
export function walkEpt(
  memory: GuestMemory,
  eptp: Word,
  gpa: number,
  { access, limits, logDirty }: EptWalkRules,
): EptWalk {
  const gfn = gpaToGfn(gpa);
  const levels = walkLevelsOf(eptp);
  const tracksUse = hasAccessedDirty(eptp);
  const kind = tracksUse && !access.isFinal ? 'write' : access.kind;
  const steps: EptStep[] = [];
  let table = addressFrameOf(eptp);
  let rwx = VMX_EPT_RWX;
  if (gfn >= 512 ** levels) return violation({ steps, access, tracksUse, rwx: 0 });
  for (let level = levels; level > 0; level -= 1) {
    const at = gfnToGpa(table) + (Math.floor(gfn / 512 ** (level - 1)) % 512) * 8;
    const entry = isVisibleGfn(memory, table) ? readWord(memory, at) : NOT_PRESENT;
    rwx &= entry.low;
    steps.push({ level, gpa: at, entry, acc: accOfRwx(rwx) });
    if ((entry.low & VMX_EPT_RWX) === 0) return violation({ steps, access, tracksUse, rwx: 0 });
    const isLeaf = level === 1 || isLargePage(entry, level, limits.cap);
    if (isMisconfigured(entry, { level, isLeaf, limits })) {
      return { kind: 'misconfiguration', steps };
    }
    table = addressFrameOf(entry);
    if (!isLeaf) continue;

    if ((rwx & neededFor(kind, access.kind)) !== neededFor(kind, access.kind)) {
      return violation({ steps, access, tracksUse, rwx });
    }
    if (tracksUse && !markEptUsed(memory, steps, kind, () => logDirty?.(gpa) ?? true)) {
      return { kind: 'log-full', steps };
    }
    const isDirty = !tracksUse || kind === 'write' || (entry.low & VMX_EPT_DIRTY) !== 0;
    const span = 512 ** (level - 1);
    return {
      kind: 'mapped',
      steps,
      level,
      gfn: Math.floor(table / span) * span + (gfn % span),
      acc: isDirty ? accOfRwx(rwx) : accOfRwx(rwx) & ~ACC_WRITE,
    };
  }
  throw new Error('a walk ends at level 1');
}

/**
 * Reads an EPT entry at level 1 as a walk would use it without touching it; null if it is not
 * present, not accessed although the EPT tracks use, or misconfigured.
 */
export function leafEptEntry(
  entry: Word,
  { limits, tracksUse }: { limits: EptLimits; tracksUse: boolean },
): LeafEntry | null {
  if ((entry.low & VMX_EPT_RWX) === 0) return null;
  if (tracksUse && (entry.low & VMX_EPT_ACCESSED) === 0) return null;
  if (isMisconfigured(entry, { level: 1, isLeaf: true, limits })) return null;
  const acc = accOfRwx(entry.low);
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
  if ((entry.low & VMX_EPT_RWX) === 0) return null;
  const isLeaf = level === 1 || isLargePage(entry, level, limits.cap);
  if (isMisconfigured(entry, { level, isLeaf, limits })) return null;
  return { isLeaf, gfn: entry.page % 2 ** 40, acc: accOfRwx(entry.low) };
}

const NOT_PRESENT: Word = { page: 0, low: 0 };

/** EPT rights as `ACC_*` bits. @see Linux `FNAME(gpte_access)` for EPT */
export function accOfRwx(rwx: number): number {
  return (
    ((rwx & VMX_EPT_READABLE) !== 0 ? ACC_USER : 0) |
    ((rwx & VMX_EPT_WRITABLE) !== 0 ? ACC_WRITE : 0) |
    ((rwx & VMX_EPT_EXECUTABLE) !== 0 ? ACC_EXEC : 0)
  );
}

/** A page-table access that must set D reads the entry as well. */
function neededFor(kind: AccessKind, asked: AccessKind): number {
  if (kind === 'read') return VMX_EPT_READABLE;
  if (kind === 'execute') return VMX_EPT_EXECUTABLE;
  return asked === 'write' ? VMX_EPT_WRITABLE : VMX_EPT_WRITABLE | VMX_EPT_READABLE;
}

/**
 * An update of A or D in a table of L2 is reported as a read and a write, and so is every access
 * to one where the EPT tracks use.
 */
function violation(what: {
  steps: readonly EptStep[];
  access: PhysicalAccess;
  tracksUse: boolean;
  rwx: number;
}): EptWalk {
  const { steps, access, tracksUse, rwx } = what;
  const isUpdate = !access.isFinal && (tracksUse || access.kind === 'write');
  const asked = isUpdate
    ? EPT_VIOLATION_ACC.read | EPT_VIOLATION_ACC.write
    : EPT_VIOLATION_ACC[access.kind];
  return {
    kind: 'violation',
    steps,
    qualification:
      asked |
      (rwx << EPT_VIOLATION_RWX_SHIFT) |
      EPT_VIOLATION_GVA_IS_VALID |
      (access.isFinal ? EPT_VIOLATION_GVA_TRANSLATED : 0),
  };
}

function isLargePage({ low }: Word, level: number, cap: Word): boolean {
  if ((low & EPT_LARGE_PAGE) === 0) return false;
  return (level === 2 && hasBit(cap, CAP.PAGE_2M)) || (level === 3 && hasBit(cap, CAP.PAGE_1G));
}

/** @see Linux `__reset_rsvds_bits_mask_ept()`, arch/x86/kvm/mmu/mmu.c */
function isMisconfigured(
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
