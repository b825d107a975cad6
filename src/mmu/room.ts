import { memoriesOf } from './oracle/index.js';
import type { Vm } from './state/index.js';

/** TLB entries that take about as much room as a page of 4 KiB. */
const TLB_ENTRIES_PER_PAGE = 64;

/** Number of runs of dirty pages that take as much room as a page. */
const DIRTY_RUNS_PER_PAGE = 64;

/** Number of the oracle's facts that take as much room as a page. */
const MEMORIES_PER_PAGE = 32;

/**
 * The room that a VM takes, in pages of 4 KiB: its memory and dirty logs, its shadow pages, its TLBs
 * and its oracle.
 */
export function pagesHeldBy({ memory, shadow, tlbTotal, oracle }: Vm): number {
  const shadowPages = shadow.table.length - shadow.freeIds.length;
  const dirtyRuns = memory.memslots.reduce((sum, slot) => sum + (slot?.dirty?.length ?? 0), 0);
  const memories = oracle === null ? 0 : memoriesOf(oracle);
  return (
    memory.pages.size +
    shadowPages +
    Math.ceil(tlbTotal.entries / TLB_ENTRIES_PER_PAGE) +
    Math.floor(dirtyRuns / DIRTY_RUNS_PER_PAGE) +
    Math.floor(memories / MEMORIES_PER_PAGE)
  );
}
