import { type AccessKind, PFERR_GUEST_FINAL_MASK, PFERR_GUEST_PAGE_MASK } from './access.js';
import { X86_CR4_PKE } from './control-registers.js';
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
}

/** A walk of nested page tables: a fault has the low part of EXITINFO1, and the whole of it. */
export type NptWalk =
  | Mapped
  | { readonly kind: 'fault'; readonly errorCode: number; readonly info1: number };

/**
 * Walks nested page tables for an address of L2. They have the format of L1's own paging, and every
 * access to them counts as the user's; one to a page table of L2 counts as a write.
 *
 * @param gpa Guest-physical address of L2, below 2^52.
 * @see AMD APM Vol. 2, "Nested Paging"
 */
export function walkNpt(
  memory: TableMemory,
  tables: NestedTables,
  { gpa, access }: { gpa: number; access: PhysicalAccess },
  maxphyaddr: number,
): NptWalk {
  const kind: AccessKind = access.isFinal ? access.kind : 'write';
  const walked = walk(memory, nptRegistersOf(tables), wordFromNumber(gpa), {
    access: { kind, user: true, ac: false },
    maxphyaddr,
    isAmd: true,
  });
  if (walked.kind === 'mapped') return walked;
  if (walked.kind === 'stopped') throw new Error("L1's tables can always be read");
  const { errorCode } = walked;
  const where = access.isFinal ? PFERR_GUEST_FINAL_MASK : PFERR_GUEST_PAGE_MASK;
  return { kind: 'fault', errorCode, info1: where + errorCode };
}

/**
 * The registers by which entries of nested page tables are read: those of L1, without protection
 * keys.
 *
 * @see Linux `kvm_init_shadow_npt_mmu()`, arch/x86/kvm/mmu/mmu.c
 */
export function nptRegistersOf({ l1, nestedCr3 }: NestedTables): Registers {
  return { ...l1, cr3: nestedCr3, cr4: l1.cr4 & ~X86_CR4_PKE };
}
