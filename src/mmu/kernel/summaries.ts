import type { KernelVersion } from './rules.js';

/** One sentence a version, for whoever has to choose one: what came with it. */
export const KERNEL_SUMMARIES: Record<KernelVersion, string> = {
  '5.13': 'The last whose switches carry skip_tlb_flush and skip_mmu_sync.',
  '5.14': 'Syncs and flushes became requests; the thread was written against it.',
  '6.1': 'What was merged in v5.15 to v5.19.',
  '6.12': 'Dummy roots, LAM, the flush queue of Hyper-V guests.',
  '7.3': 'CR4.SMEP joined the base role; a reload services the request to free obsolete roots.',
};
