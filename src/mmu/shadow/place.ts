import { tableIndex, type Word } from '../machine/index.js';
import { currentRoot, type Mmu, type ShadowPage } from '../state/index.js';

/**
 * The first page of a walk of the shadow; null on a dummy root, or where a PAE root has none.
 *
 * @see Linux `shadow_walk_init()`, arch/x86/kvm/mmu/mmu.c
 */
export function topPageOf(mmu: Mmu, { page: address }: Word): ShadowPage | null {
  const root = currentRoot(mmu);
  if (root === null) return null;
  return root.page ?? mmu.paeRoots[Math.floor(address / 2 ** 18) % 4] ?? null;
}

/**
 * Whether the current root is the empty one that stands for a root outside every memslot: no shadow
 * page of its own, and none of the four that a PAE root leads to.
 *
 * @see Linux `kvm_mmu_is_dummy_root()`, arch/x86/kvm/mmu/spte.h
 */
export function isDummyRoot(mmu: Mmu): boolean {
  const root = currentRoot(mmu);
  return root !== null && root.page === null && mmu.paeRoots.length === 0;
}

/** Bits of a page number that select one of the 512 entries of a shadow page. */
const SHADOW_INDEX_BITS = 9;

/** Index of an address in a shadow page of a level. */
export function shadowIndex({ page }: Word, level: number): number {
  return tableIndex(page, level, SHADOW_INDEX_BITS);
}
