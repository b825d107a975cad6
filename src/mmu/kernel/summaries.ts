import type { KernelRelease } from './releases.js';

/** The novelty of each release in one sentence, so that one can choose. */
export const KERNEL_SUMMARIES: Record<KernelRelease, string> = {
  '5.13.0': 'The last whose switches carry skip_tlb_flush and skip_mmu_sync.',
  '5.14.0': 'Syncs and flushes became requests; the thread was written against it.',
  '5.18.0':
    'What was merged in v5.15 to v5.18; obsolete roots are judged by the current one alone.',
  '6.1.176': 'What was merged in v5.19; CR0.WP keeps the roots of TDP.',
  '6.1.190':
    'The repairs of 2026: flushes of a failed VM entry, EFER of KVM_SET_SREGS, EPT pages that are roots.',
  '6.12.107': 'Dummy roots, LAM, the flush queue of Hyper-V guests.',
  '6.12.118': 'The repairs of 2026, as in 6.1.190.',
  '7.3.4':
    'CR4.SMEP joined the base role; a reload frees obsolete roots; L1 has mode-based execution of EPTs.',
};
