import { type Invalidation, NO_DUES, type Policy } from './policy.js';

/**
 * Linux since v5.18: a matching root is freed, but only where it can be stale and reached. While
 * PCIDE is clear every MOV CR3 syncs the root it loads, so cached roots may stay; a guest-wide
 * flush frees only those that have unsync pages.
 *
 * @see Linux `kvm_invalidate_pcid()`, `kvm_mmu_sync_prev_roots()`, `handle_invept()`
 */
export const mainline: Policy = {
  name: 'mainline',
  summary: 'Linux since v5.18: roots that an invalidation covers are freed, if they can be stale.',
  source: 'Linux v5.18 to today',
  costBytes: 0,
  costNote: 'The struct as it is.',
  isSound: true,
  victimSlot: (count) => count - 1,
  fateOf({ by, of, pcide, unsync }: Invalidation) {
    switch (by) {
      case 'mov-cr3':
      case 'invpcid-single':
        return of === 'previous' && pcide ? 'free' : 'keep';
      case 'guest-flush':
        return of === 'previous' && unsync ? 'free' : 'keep';
      case 'cr4-flush':
        return 'keep';
      case 'pcide-on':
      case 'invept-single':
      case 'invept-all':
        return 'free';
    }
  },
  requestsOnReuse: () => NO_DUES,
  forgetsMark: 'when-settled',
  marksLive: 'with-root',
};
