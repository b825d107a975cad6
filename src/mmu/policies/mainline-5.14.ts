import { mainline } from './mainline.js';
import type { Invalidation, Policy } from './policy.js';

/**
 * The kernel when the thread was written: whatever an invalidation covers is freed, a guest-wide
 * flush unloads the MMU, and with PCIDE clear, where every pgd counts as PCID 0, each MOV CR3
 * empties the cache.
 *
 * @see Linux v5.14 `kvm_invalidate_pcid()`, `kvm_vcpu_flush_tlb_guest()`
 */
export const mainline514: Policy = {
  ...mainline,
  name: 'mainline-5.14',
  summary: 'Linux v5.14: every cached root that an invalidation covers is freed.',
  source: 'Linux v5.14',
  fateOf({ by, of }: Invalidation) {
    switch (by) {
      case 'mov-cr3':
      case 'invpcid-single':
        return of === 'previous' ? 'free' : 'keep';
      case 'pcide-on':
        return 'keep';
      case 'guest-flush':
      case 'cr4-flush':
      case 'invept-single':
      case 'invept-all':
        return 'free';
    }
  },
};
