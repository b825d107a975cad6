import { isDirect, syncChildren } from '../shadow/index.js';
import { currentRoot, type Emit, type Vcpu, type Vm } from '../state/index.js';

/**
 * Syncs what is unsync below the current root of `arch.mmu`, and of no other: pages of another
 * MMU's role cannot be synced here. Its sync is then no longer due.
 *
 * @see Linux `kvm_mmu_sync_roots()`, arch/x86/kvm/mmu/mmu.c
 */
export function syncRoots(vm: Vm, vcpu: Vcpu, emit: Emit, causedBy?: number): void {
  const { mmu } = vcpu;
  const root = currentRoot(mmu);
  if (root === null || isDirect(mmu.role)) return;
  if (root.page !== null) syncChildren(vm, vcpu, root.page, emit);
  for (const directory of mmu.paeRoots) {
    if (directory !== null) syncChildren(vm, vcpu, directory, emit);
  }
  root.syncDue = false;
  vcpu.counters.synced += 1;
  emit?.(vcpu, { kind: 'root-synced', mmu: mmu.name, pgd: root.pgd, hpa: root.hpa }, causedBy);
}
