import { CURRENT } from '../schema/index.js';
import type { Mmu } from './mmu.js';
import { isValidRoot, type RootInfo } from './root-info.js';

/** The content of a slot: null is a hole. */
export type RootSlot = RootInfo | null;

/** The current root; null if there is none until the next load. */
export function currentRoot(mmu: Mmu): RootSlot {
  return rootAt(mmu, CURRENT);
}

/** @param slot {@link CURRENT} or an index into `prev_roots`. */
export function rootAt(mmu: Mmu, slot: number): RootSlot {
  const root = recordAt(mmu, slot);
  return isValidRoot(root) ? root : null;
}

/** The record that stands in a slot, whether it holds a root or not. */
export function recordAt({ slots }: Mmu, slot: number): RootInfo {
  return slots[slot + 1] as RootInfo;
}

/** Slots beside the current one: `KVM_MMU_NUM_PREV_ROOTS`. */
export function prevRootCount({ slots }: Mmu): number {
  return slots.length - 1;
}

/** `prev_roots`: what stands in each slot beside the current one. */
export function prevRootsOf(mmu: Mmu): RootSlot[] {
  return Array.from({ length: prevRootCount(mmu) }, (_, slot) => rootAt(mmu, slot));
}
