import type { Vm } from './state/index.js';

/** TLB entries that take about as much room as a page of 4 KiB. */
const TLB_ENTRIES_PER_PAGE = 64;

/**
 * How much room a VM takes, in pages of 4 KiB: what its memory holds, its shadow pages, and what
 * its TLBs keep.
 */
export function pagesHeldBy({ memory, shadow, tlbTotal }: Vm): number {
  const shadowPages = shadow.table.length - shadow.freeIds.length;
  return memory.pages.size + shadowPages + Math.ceil(tlbTotal.entries / TLB_ENTRIES_PER_PAGE);
}
