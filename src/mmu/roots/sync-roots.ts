import { isDirect } from '../shadow/index.js';
import type { Emit, Vcpu } from '../state/index.js';

/**
 * Syncs what is unsync below the current root of `arch.mmu`, and of no other: pages of another
 * MMU's role cannot be synced here. Its sync is then no longer due.
 *
 * @see Linux `kvm_mmu_sync_roots()`, arch/x86/kvm/mmu/mmu.c
 */
export function syncRoots(vcpu: Vcpu, emit: Emit, causedBy?: number): void {
  const { root, role, name } = vcpu.mmu;
  if (root === null || isDirect(role)) return;
  root.syncDue = false;
  vcpu.counters.synced += 1;
  emit?.(vcpu, { kind: 'root-synced', mmu: name, pgd: root.pgd, hpa: root.hpa }, causedBy);
}
