import { ACC_WRITE, memslotOf } from '../machine/index.js';
import type { Emit, ShadowPage, Vcpu, Vm } from '../state/index.js';
import { dropLeaf } from './entries.js';
import { leafGpte } from './gpte.js';
import { accessOf, isDirect } from './role.js';
import { setSpte } from './set-spte.js';
import { isPresentSpte, spteAt } from './spte.js';

const PTE_PREFETCH_NUM = 8;

/**
 * Fills the other entries of the aligned group of eight, in order, up to the first that cannot be
 * filled. Nothing becomes unsync by it.
 *
 * @see Linux `FNAME(pte_prefetch)`, `__direct_pte_prefetch()`
 */
export function prefetchAround(
  vm: Vm,
  vcpu: Vcpu,
  page: ShadowPage,
  filled: number,
  emit: Emit,
): void {
  if (page.tdp) return;
  const first = filled - (filled % PTE_PREFETCH_NUM);
  for (let index = first; index < first + PTE_PREFETCH_NUM; index += 1) {
    if (index === filled || isPresentSpte(spteAt(page, index))) continue;
    if (!prefetch(vm, vcpu, { page, index, noDirtyLog: true }, emit)) return;
  }
}

/**
 * Makes a leaf ahead of any access to it.
 *
 * @param noDirtyLog Whether a memslot that logs its dirty pages is passed over, if the leaf were
 *   writable.
 * @returns False if it cannot be made.
 * @see Linux `FNAME(prefetch_gpte)`, arch/x86/kvm/mmu/paging_tmpl.h
 */
export function prefetch(
  vm: Vm,
  vcpu: Vcpu,
  { page, index, noDirtyLog }: { page: ShadowPage; index: number; noDirtyLog: boolean },
  emit: Emit,
): boolean {
  const leaf = isDirect(page.role)
    ? { gfn: page.gfn + index, acc: accessOf(page.role) }
    : leafGpte(vm, vcpu, page, index);
  if (leaf === null) {
    dropLeaf(vm, page, index);
    return false;
  }
  const slot = memslotOf(vm.memory, leaf.gfn);
  if (slot === undefined) return false;
  if (noDirtyLog && slot.dirty !== null && (leaf.acc & ACC_WRITE) !== 0) return false;
  setSpte(vm, vcpu, { page, index, ...leaf, prefetch: true }, emit);
  return true;
}
