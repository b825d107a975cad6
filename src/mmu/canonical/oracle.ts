import { countMemories, type WatchedVm } from '../oracle/index.js';
import type { GuestContext, Oracle, VirtualTlb } from '../state/index.js';
import { dropDeadPast, keepNewest } from './dead-past.js';
import type { Futures } from './futures.js';
import { dropOutdated } from './outdated.js';
import { sortKeys, sortMembers } from './sorted.js';
import { rankTimes } from './times.js';

/** Leaves of the oracle what its judgements turn on. It has forgotten nothing. */
export function settleOracle(vm: WatchedVm, futures: Futures): void {
  const { oracle } = vm;
  for (const vtlb of oracle.vcpus) if (vtlb !== null) dropOutdated(vtlb, futures);
  dropDeadPast(vm, futures);
  keepNewest(vm, futures);
  rankTimes(oracle);
  // Ranks bring moments together, and of two that are one now either covers the other.
  for (const vtlb of oracle.vcpus) if (vtlb !== null) dropOutdated(vtlb, futures);
  sortAll(oracle);
  oracle.command.nth = 0;
  for (const vtlb of oracle.vcpus) {
    if (vtlb === null) continue;
    vtlb.countedAt = -1;
    countMemories(oracle, vtlb);
  }
}

/** Puts all that an oracle remembers into one order. */
export function sortAll(oracle: Oracle): void {
  sortMembers(oracle.tables);
  sortKeys(oracle.past);
  for (const vtlb of oracle.vcpus) if (vtlb !== null) sortTags(vtlb);
}

function sortTags(vtlb: VirtualTlb): void {
  vtlb.violations = 0;
  vtlb.undecided = 0;
  sortKeys(vtlb.vpids);
  for (const tag of vtlb.vpids.values()) {
    sortKeys(tag.pcids);
    sortKeys(tag.pcidPages);
    sortKeys(tag.faulted);
    sortKeys(tag.globalPages);
    sortKeys(tag.pages);
    tag.contexts.sort(compareContexts);
  }
  sortKeys(vtlb.epts);
  for (const tag of vtlb.epts.values()) {
    sortKeys(tag.pages);
    sortKeys(tag.faulted);
  }
}

/** Orders contexts of one VPID: no two are alike in everything. */
function compareContexts(a: GuestContext, b: GuestContext): number {
  return (
    a.pcid - b.pcid ||
    a.ep4ta - b.ep4ta ||
    a.cr3.page - b.cr3.page ||
    a.cr3.low - b.cr3.low ||
    a.format - b.format ||
    comparePdptes(a, b)
  );
}

function comparePdptes({ pdptrs: a }: GuestContext, { pdptrs: b }: GuestContext): number {
  for (const [i, { page, low }] of a.entries()) {
    const other = b[i];
    if (other === undefined) return 1;
    if (page !== other.page || low !== other.low) return page - other.page || low - other.low;
  }
  return a.length - b.length;
}
