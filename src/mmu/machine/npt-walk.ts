import {
  ACC_EXEC,
  ACC_USER,
  ACC_USER_EXEC,
  ACC_WRITE,
  type AccessKind,
  PFERR_GUEST_FINAL_MASK,
  PFERR_GUEST_PAGE_MASK,
  PFERR_USER_MASK,
} from './access.js';
import { X86_CR0_WP, X86_CR4_PKE, X86_CR4_SMAP, X86_CR4_SMEP } from './control-registers.js';
import type { PhysicalAccess } from './ept-walk.js';
import type { Registers } from './registers.js';
import { type Mapped, type TableMemory, walk } from './walk.js';
import { type Word, wordFromNumber } from './word.js';

/** Nested page tables of AMD's (NPT), which L1 gives its L2. */
export interface NestedTables {
  /** nCR3: their root. */
  readonly nestedCr3: Word;
  /** The registers of L1, by whose paging they are read. */
  readonly l1: Registers;
  /**
   * Guest mode execute trap (GMET): a page with U is the user's to fetch from, one without it the
   * supervisor's, and U means nothing else.
   */
  readonly gmet: boolean;
}

/** A walk of nested page tables: a fault has the low part of EXITINFO1, and the whole of it. */
export type NptWalk =
  | Mapped
  | { readonly kind: 'fault'; readonly errorCode: number; readonly info1: number };

/**
 * Walks nested page tables for an address of L2. They have the format of L1's own paging, and every
 * access to them counts as the user's, but for a fetch under GMET; one to a page table of L2 counts
 * as a write. The processor leaves open whether a fault under GMET tells of the user: here a fetch
 * tells whose it is.
 *
 * @param gpa Guest-physical address of L2, below 2^52.
 * @see AMD APM Vol. 2, "Nested Paging", "Guest Mode Execute Trap"
 */
export function walkNpt(
  memory: TableMemory,
  tables: NestedTables,
  { gpa, access }: { gpa: number; access: PhysicalAccess },
  maxphyaddr: number,
): NptWalk {
  const kind: AccessKind = access.isFinal ? access.kind : 'write';
  const isFetch = kind === 'execute';
  const user = !tables.gmet || (isFetch && access.isOfUser === true);
  const walked = walk(memory, nptRegistersOf(tables), wordFromNumber(gpa), {
    access: { kind, user, ac: false },
    maxphyaddr,
    isAmd: true,
  });
  if (walked.kind === 'mapped') return walked;
  if (walked.kind === 'stopped') throw new Error("L1's tables can always be read");
  const errorCode = walked.errorCode | (isFetch ? 0 : PFERR_USER_MASK);
  const where = access.isFinal ? PFERR_GUEST_FINAL_MASK : PFERR_GUEST_PAGE_MASK;
  return { kind: 'fault', errorCode, info1: where + errorCode };
}

/**
 * The registers by which entries of nested page tables are read: those of L1, without protection
 * keys. Under GMET the walk is a supervisor's, from whom SMEP keeps the user's pages, to fetch from
 * alone, and who needs the right to write.
 *
 * @see Linux `kvm_init_shadow_npt_mmu()`, arch/x86/kvm/mmu/mmu.c
 */
export function nptRegistersOf({ l1, nestedCr3, gmet }: NestedTables): Registers {
  const regs = { ...l1, cr3: nestedCr3, cr4: l1.cr4 & ~X86_CR4_PKE };
  if (!gmet) return regs;
  return {
    ...regs,
    cr0: l1.cr0 | X86_CR0_WP,
    cr4: (regs.cr4 & ~X86_CR4_SMAP) | X86_CR4_SMEP,
  };
}

/**
 * Rights as an EPT with mode-based execute control would give them, by an entry of nested page
 * tables under GMET: everything can be read, and U says who may fetch.
 *
 * @param acc `ACC_*` bits of the entry.
 */
export function gmetAccOf(acc: number): number {
  const fetch = (acc & ACC_USER) !== 0 ? ACC_USER_EXEC : ACC_EXEC;
  return (acc & ACC_WRITE) | ACC_USER | ((acc & ACC_EXEC) !== 0 ? fetch : 0);
}
