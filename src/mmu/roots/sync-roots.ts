import { seam } from '../seam.js';
import { isDirect, isUnsyncRoot, type SyncTally, syncChildren } from '../shadow/index.js';
import { currentRoot, type Emit, type ShadowPage, type Vcpu, type Vm } from '../state/index.js';

/**
 * Syncs what is unsync below the current root of `arch.mmu`, and of no other: pages of another
 * MMU's role cannot be synced here. Its sync is then no longer due.
 *
 * @see Linux `kvm_mmu_sync_roots()`, arch/x86/kvm/mmu/mmu.c
 */
export const syncRoots = seam(function syncRoots(
  vm: Vm,
  vcpu: Vcpu,
  emit: Emit,
  causedBy?: number,
): void {
  const { mmu } = vcpu;
  const root = currentRoot(mmu);
  if (root === null || isDirect(mmu.role)) return;
  const tally: SyncTally = { pages: 0, changed: 0 };
  const sync = (page: ShadowPage) => {
    const { pages, changed } = syncChildren(vm, vcpu, page, emit);
    tally.pages += pages;
    tally.changed += changed;
  };
  if (root.page !== null && isUnsyncRoot(root.page)) sync(root.page);
  for (const directory of mmu.paeRoots) {
    if (directory !== null) sync(directory);
  }
  root.syncDue = false;
  vcpu.counters.synced += 1;
  const { pgd, hpa } = root;
  emit?.(vcpu, { kind: 'root-synced', mmu: mmu.name, pgd, hpa, ...tally }, causedBy);
});
