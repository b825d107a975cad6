import { createRootInfo, type RootInfo } from './root-info.js';
import type { ShadowPage } from './shadow-page.js';

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
  /**
   * The root of each slot: the current one first, then `prev_roots`, most recently displaced first.
   * Slots are positional: holes are not compacted. There are as many records as slots, for good,
   * and a rotation moves them.
   */
  readonly slots: RootInfo[];
  /** The four pages that a PAE root leads to; null where a PDPTE is not present. */
  readonly paeRoots: (ShadowPage | null)[];
  /** Frame of the PAE or dummy root, a page of the MMU itself; 0 until it is first needed. */
  specialHpa: number;
  /**
   * Marks beside the slots, current first, for the one policy that keeps them there; as long as
   * there was none, and with every other policy, the list is empty.
   */
  readonly slotMarks: boolean[];
}

/** @param prevRoots Slots beside the current one: `KVM_MMU_NUM_PREV_ROOTS`. */
export function createMmu(name: Mmu['name'], prevRoots: number): Mmu {
  return {
    name,
    role: 0,
    guestLevels: 0,
    slots: Array.from({ length: 1 + prevRoots }, createRootInfo),
    paeRoots: [],
    specialHpa: 0,
    slotMarks: [],
  };
}
