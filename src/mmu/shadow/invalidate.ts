import type { Word } from '../machine/index.js';
import { seam } from '../seam.js';
import type { Emit, ShadowPage, Vcpu, Vm } from '../state/index.js';
import { zapEntry } from './entries.js';
import { childOf } from './links.js';
import { shadowIndex } from './place.js';
import { prefetch } from './prefetch.js';
import { isSyncableRole, levelOf } from './role.js';
import { isPresentSpte, NO_SPTE, spteAt } from './spte.js';
import { syncSpte } from './sync.js';
import { flushRemoteTlbs } from './zap.js';

/**
 * Brings the leaf of one address up to date below one root. Only an unsync page can be behind the
 * guest's table, so the way down ends where nothing is unsync.
 *
 * @param top Page at which the walk of the shadow begins.
 * @see Linux `kvm_mmu_invalidate_addr_in_root()`; `FNAME(invlpg)` to v6.3
 */
export const invalidateAddressBelow = seam(function invalidateAddressBelow(
  vm: Vm,
  vcpu: Vcpu,
  { top, address }: { top: ShadowPage; address: Word },
  emit: Emit,
): void {
  let page = top;
  for (let level = levelOf(top.role); level > 1; level -= 1) {
    if (page.unsyncChildren === 0) return;
    const spte = spteAt(page, shadowIndex(address, level));
    if (spte === NO_SPTE) return;
    page = childOf(vm.shadow, spte);
  }
  if (!page.unsync) return;
  const index = shadowIndex(address, 1);
  if (vm.rules.invlpgLeaf === 'sync') syncLeaf(vm, vcpu, page, index, emit);
  else refillLeaf(vm, vcpu, page, index, emit);
});

function syncLeaf(vm: Vm, vcpu: Vcpu, page: ShadowPage, index: number, emit: Emit): void {
  if (spteAt(page, index) === NO_SPTE) return;
  if (!isSyncableRole(page.role, vcpu.mmu.role)) {
    zapEntry(vm, page, index);
    flushRemoteTlbs(vm, emit);
  } else if (syncSpte(vm, vcpu, page, index, emit)) {
    flushRemoteTlbs(vm, emit);
  }
}

/** To v6.3 the leaf was dropped, and made again from the guest's entry at once. */
function refillLeaf(vm: Vm, vcpu: Vcpu, page: ShadowPage, index: number, emit: Emit): void {
  const old = spteAt(page, index);
  zapEntry(vm, page, index);
  if (isPresentSpte(old)) flushRemoteTlbs(vm, emit);
  prefetch(vm, vcpu, { page, index, noDirtyLog: false }, emit);
}
