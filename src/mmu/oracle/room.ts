import type { Oracle, VirtualTlb } from '../state/index.js';

/** Values, moments and translations that the oracle of a VM remembers: each takes some 100 bytes. */
export function memoriesOf({ pastCount, tables, memories }: Oracle): number {
  return pastCount + tables.size + memories;
}

/**
 * Counts anew what a vCPU's tags remember, so that nobody need count those of all vCPUs. Without a
 * moment that passed nothing was noted.
 */
export function countMemories(oracle: Oracle, vtlb: VirtualTlb): void {
  if (vtlb.countedAt === oracle.clock) return;
  vtlb.countedAt = oracle.clock;
  const memories = tagMemoriesOf(vtlb);
  oracle.memories += memories - vtlb.memories;
  vtlb.memories = memories;
}

function tagMemoriesOf({ vpids, epts }: VirtualTlb): number {
  let count = 0;
  for (const { pcids, pcidPages, faulted, globalPages, pages, contexts } of vpids.values()) {
    count += pcids.size + pcidPages.size + faulted.size + globalPages.size;
    count += pages.size + contexts.length;
  }
  for (const { pages, faulted } of epts.values()) count += pages.size + faulted.size;
  return count;
}
