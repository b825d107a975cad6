import { ACC_WRITE, type AccessKind } from './access.js';
import {
  accOfEpt,
  type EptLimits,
  isEptPresent,
  isLargeEptPage,
  isMisconfigured,
  rightsIn,
  VMX_EPT_EXECUTABLE,
  VMX_EPT_READABLE,
  VMX_EPT_RWX,
  VMX_EPT_USER_EXECUTABLE,
  VMX_EPT_WRITABLE,
} from './ept-entry.js';
import { markEptUsed, VMX_EPT_DIRTY } from './ept-used.js';
import { hasAccessedDirty, walkLevelsOf } from './eptp.js';
import { type GuestMemory, readWord } from './memory.js';
import { isVisibleGfn } from './memslots.js';
import { gfnToGpa, gpaToGfn } from './page.js';
import { frameWithin, powerOf2, tableIndex } from './powers.js';
import { addressFrameOf, type Word } from './word.js';

/** Bits of the exit qualification of an EPT violation. @see Intel SDM Vol. 3C, "EPT Violations" */
const EPT_VIOLATION_ACC: Record<AccessKind, number> = { read: 0x1, write: 0x2, execute: 0x4 };
const EPT_VIOLATION_RWX_SHIFT = 3;
/** Rights that the translation had: R, W, X, and XU with mode-based execute control. */
export const EPT_VIOLATION_PROT_MASK = 0x78;
const EPT_VIOLATION_PROT_USER_EXEC = 0x40;
export const EPT_VIOLATION_GVA_IS_VALID = 0x80;
export const EPT_VIOLATION_GVA_TRANSLATED = 0x100;

/** An access by a guest-physical address of L2. */
export interface PhysicalAccess {
  readonly kind: AccessKind;
  /** Whether it is to the page itself, or to a page table of L2 on the way there. */
  readonly isFinal: boolean;
  /** Whether the linear address of a fetch is the user's, by the guest's tables. */
  readonly isOfUser?: boolean;
}

/** An entry that a walk went through, from the top. */
export interface EptStep {
  readonly level: number;
  readonly gpa: number;
  readonly entry: Word;
  /** `ACC_*` bits down to this entry, itself included: see {@link accOfEpt}. */
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
  const needed = neededFor(kind, access, limits);
  const steps: EptStep[] = [];
  let table = addressFrameOf(eptp);
  let rights = rightsIn(limits);
  if (gfn >= powerOf2(EPT_INDEX_BITS * levels))
    return violation({ steps, access, tracksUse, rights: 0 });
  for (let level = levels; level > 0; level -= 1) {
    const at = gfnToGpa(table) + tableIndex(gfn, level, EPT_INDEX_BITS) * 8;
    const entry = isVisibleGfn(memory, table) ? readWord(memory, at) : NOT_PRESENT;
    rights &= entry.low;
    steps.push({ level, gpa: at, entry, acc: accOfEpt(rights, limits) });
    if (!isEptPresent(entry, limits)) return violation({ steps, access, tracksUse, rights: 0 });
    const isLeaf = level === 1 || isLargeEptPage(entry, level, limits.cap);
    if (isMisconfigured(entry, { level, isLeaf, limits })) {
      return { kind: 'misconfiguration', steps };
    }
    table = addressFrameOf(entry);
    if (!isLeaf) continue;

    if ((rights & needed) !== needed) return violation({ steps, access, tracksUse, rights });
    if (tracksUse && !markEptUsed(memory, steps, kind, () => logDirty?.(gpa) ?? true)) {
      return { kind: 'log-full', steps };
    }
    const isDirty = !tracksUse || kind === 'write' || (entry.low & VMX_EPT_DIRTY) !== 0;
    const acc = accOfEpt(rights, limits);
    return {
      kind: 'mapped',
      steps,
      level,
      gfn: frameWithin(table, gfn, EPT_INDEX_BITS * (level - 1)),
      acc: isDirty ? acc : acc & ~ACC_WRITE,
    };
  }
  throw new Error('a walk ends at level 1');
}

/** Bits of a page number that select an entry of an EPT table. */
const EPT_INDEX_BITS = 9;

const NOT_PRESENT: Word = { page: 0, low: 0 };

/** A page-table access that must set D reads the entry as well. */
function neededFor(
  kind: AccessKind,
  { kind: asked, isOfUser }: PhysicalAccess,
  { isModeBased }: EptLimits,
): number {
  if (kind === 'read') return VMX_EPT_READABLE;
  if (kind === 'execute') {
    return isModeBased && isOfUser ? VMX_EPT_USER_EXECUTABLE : VMX_EPT_EXECUTABLE;
  }
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
  rights: number;
}): EptWalk {
  const { steps, access, tracksUse, rights } = what;
  const isUpdate = !access.isFinal && (tracksUse || access.kind === 'write');
  const asked = isUpdate
    ? EPT_VIOLATION_ACC.read | EPT_VIOLATION_ACC.write
    : EPT_VIOLATION_ACC[access.kind];
  return {
    kind: 'violation',
    steps,
    qualification:
      asked |
      ((rights & VMX_EPT_RWX) << EPT_VIOLATION_RWX_SHIFT) |
      ((rights & VMX_EPT_USER_EXECUTABLE) !== 0 ? EPT_VIOLATION_PROT_USER_EXEC : 0) |
      EPT_VIOLATION_GVA_IS_VALID |
      (access.isFinal ? EPT_VIOLATION_GVA_TRANSLATED : 0),
  };
}
