import { seam } from '../seam.js';
import type { ShadowPage, Vm } from '../state/index.js';
import { childOf, unlinkPage } from './links.js';
import { addRmap, removeRmap } from './rmap.js';
import { levelOf } from './role.js';
import {
  isAccessedSpte,
  isDirtySpte,
  isMmuWritableSpte,
  isPresentSpte,
  isWritableSpte,
  NO_SPTE,
  type Spte,
  spteAt,
  storeSpte,
  targetOf,
} from './spte.js';

/**
 * Puts a leaf in place of another, or of none.
 *
 * @returns Whether the TLBs may hold what it no longer allows.
 * @see Linux `mmu_spte_update()`, arch/x86/kvm/mmu/mmu.c
 */
export const updateLeaf = seam(function updateLeaf(
  vm: Vm,
  page: ShadowPage,
  index: number,
  spte: Spte,
): boolean {
  const old = spteAt(page, index);
  storeSpte(page, index, spte);
  if (!isPresentSpte(old)) {
    if (isPresentSpte(spte)) addRmap(vm.shadow, targetOf(spte), page, index);
    return false;
  }
  if (isMmuWritableSpte(old) && !isWritableSpte(spte)) return true;
  if (!vm.rules.flushesClearedAccessed) return false;
  return (isAccessedSpte(old) && !isAccessedSpte(spte)) || (isDirtySpte(old) && !isDirtySpte(spte));
});

/** Empties a leaf. @see Linux `drop_spte()`, arch/x86/kvm/mmu/mmu.c */
export function dropLeaf({ shadow }: Vm, page: ShadowPage, index: number): void {
  const old = spteAt(page, index);
  if (isPresentSpte(old)) removeRmap(shadow, targetOf(old), page, index);
  storeSpte(page, index, NO_SPTE);
}

/**
 * Empties an entry, whatever it is.
 *
 * @returns The child that is left without a parent, if there is one.
 * @see Linux `mmu_page_zap_pte()`, arch/x86/kvm/mmu/mmu.c
 */
export function zapEntry({ shadow }: Vm, page: ShadowPage, index: number): ShadowPage | null {
  const spte = spteAt(page, index);
  if (spte === NO_SPTE) return null;
  if (levelOf(page.role) === 1) {
    if (isPresentSpte(spte)) removeRmap(shadow, targetOf(spte), page, index);
    storeSpte(page, index, NO_SPTE);
    return null;
  }
  const child = childOf(shadow, spte);
  unlinkPage(page, index, child);
  return child.parents.length === 0 ? child : null;
}
