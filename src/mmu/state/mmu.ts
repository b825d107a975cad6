import type { Word } from '../machine/index.js';
import type { ShadowPage } from './shadow-page.js';

/**
 * A root, `struct kvm_mmu_root_info`, and what it owes.
 *
 * @see Linux `struct kvm_mmu_root_info`, arch/x86/include/asm/kvm_host.h
 */
export interface RootInfo {
  /** CR3 with its PCID, or EPTP with its attributes; 0 for a direct root. */
  readonly pgd: Word;
  readonly hpa: number;
  /** Its shadow page; null for a PAE or dummy root, which has none and is never cached. */
  readonly page: ShadowPage | null;
  /** `kvm_mmu_sync_roots()` is due before the root is used. */
  syncDue: boolean;
  /** A flush of the TLB entries that the root may have made is due. */
  flushDue: boolean;
  /** VPIDs under which it ran since they were flushed, a bit each: where its entries may be. */
  ranUnder: number;
}

export type RootSlot = RootInfo | null;

/**
 * An MMU of a vCPU, `struct kvm_mmu`, down to its roots.
 *
 * @see Linux `struct kvm_mmu`, arch/x86/include/asm/kvm_host.h
 */
export interface Mmu {
  readonly name: 'root' | 'guest';
  /** `root_role`: what a root must have to be usable. */
  role: number;
  /** Levels of the guest's own tables; 0 without paging or before the first configuration. */
  guestLevels: number;
  root: RootSlot;
  /** Index 0 is the most recently displaced. Slots are positional: holes are not compacted. */
  readonly prevRoots: RootSlot[];
  /** Frame of the PAE or dummy root, a page of the MMU itself; 0 until it is first needed. */
  specialHpa: number;
  /** Marks beside the slots, current first, for the one policy that keeps them there. */
  readonly slotMarks: boolean[];
}

export function createMmu(name: Mmu['name'], prevRoots: number): Mmu {
  return {
    name,
    role: 0,
    guestLevels: 0,
    root: null,
    prevRoots: new Array<RootSlot>(prevRoots).fill(null),
    specialHpa: 0,
    slotMarks: [],
  };
}
