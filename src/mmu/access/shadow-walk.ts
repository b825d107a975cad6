import type { Word } from '../machine/index.js';
import { seam } from '../seam.js';
import {
  childOf,
  levelOf,
  NO_SPTE,
  type Spte,
  shadowIndex,
  spteAt,
  storeSpte,
  topPageOf,
  usedSpte,
} from '../shadow/index.js';
import type { ShadowPage, Vcpu, Vm } from '../state/index.js';

/** A leaf of the tables that the processor walks, and where it lies. */
export interface ShadowLeaf {
  readonly page: ShadowPage;
  readonly index: number;
  readonly spte: Spte;
}

/**
 * The processor walks the tables that it was given: the shadow of the guest's, or the EPT.
 *
 * @returns The entry at level 1, present or not; null if the walk ends above it.
 */
export const walkShadow = seam(function walkShadow(
  vm: Vm,
  { mmu }: Vcpu,
  address: Word,
): ShadowLeaf | null {
  let page = topPageOf(mmu, address);
  if (page === null) return null;
  for (let level = levelOf(page.role); level > 1; level -= 1) {
    const spte = spteAt(page, shadowIndex(address, level));
    if (spte === NO_SPTE) return null;
    page = childOf(vm.shadow, spte);
  }
  const index = shadowIndex(address, 1);
  return { page, index, spte: spteAt(page, index) };
});

/** The processor sets A in a leaf that it uses, and D if it writes. */
export function markLeafUsed({ page, index, spte }: ShadowLeaf, isWrite: boolean): void {
  const used = usedSpte(spte, isWrite);
  if (used !== spte) storeSpte(page, index, used);
}
