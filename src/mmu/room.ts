import { memoriesOf } from './oracle/index.js';
import type { Vm } from './state/index.js';

/** TLB entries that take about as much room as a page of 4 KiB. */
const TLB_ENTRIES_PER_PAGE = 64;

/** What the oracle remembers that takes as much. */
const MEMORIES_PER_PAGE = 32;

/**
 * How much room a VM takes, in pages of 4 KiB: what its memory holds, its shadow pages, and what
 * its TLBs and its oracle keep.
 */
export function pagesHeldBy({ memory, shadow, tlbTotal, oracle }: Vm): number {
  const shadowPages = shadow.table.length - shadow.freeIds.length;
  const memories = oracle === null ? 0 : memoriesOf(oracle);
  return (
    memory.pages.size +
    shadowPages +
    Math.ceil(tlbTotal.entries / TLB_ENTRIES_PER_PAGE) +
    Math.floor(memories / MEMORIES_PER_PAGE)
  );
}
