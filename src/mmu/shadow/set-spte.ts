import { ACC_WRITE } from '../machine/index.js';
import type { Emit, ShadowPage, Vcpu, Vm } from '../state/index.js';
import { dropLeaf, updateLeaf } from './entries.js';
import { makeSpte } from './make-spte.js';
import { isPresentSpte, isWritableSpte, NO_SPTE, spteAt, targetOf } from './spte.js';
import { flushRemoteTlbs } from './zap.js';

/**
 * Puts a leaf in place.
 *
 * @returns Whether the frame is a shadowed table, so that the leaf could not be writable.
 * @see Linux `mmu_set_spte()`, arch/x86/kvm/mmu/mmu.c
 */
export function setSpte(
  vm: Vm,
  vcpu: Vcpu,
  leaf: { page: ShadowPage; index: number; gfn: number; acc: number; prefetch: boolean },
  emit: Emit,
): boolean {
  const { page, index, gfn, acc, prefetch } = leaf;
  let flush = false;
  const before = spteAt(page, index);
  if (isPresentSpte(before) && targetOf(before) !== gfn) {
    dropLeaf(vm, page, index);
    flush = true;
  }
  const old = isPresentSpte(before) && !flush ? before : NO_SPTE;
  const wanted = { role: page.role, gfn, acc, old, prefetch, canUnsync: true, accessed: !prefetch };
  const spte = makeSpte(vm, vcpu, wanted, emit);
  if (spte !== old && updateLeaf(vm, page, index, spte)) flush = true;
  if (flush) flushRemoteTlbs(vm, emit);
  return (acc & ACC_WRITE) !== 0 && !isWritableSpte(spte);
}
