import { HistoryBudget } from '../../journal/index.js';
import { freezeVm, thawVm } from '../../mmu/index.js';
import { anchorHistory, createRing } from '../fleet/anchor-history.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { FoundViolations } from '../fleet/found-violations.js';

/**
 * Lends a copy of a VM to try commands on, and drops it afterwards. The VM itself may go on meanwhile.
 *
 * @throws {unknown} Whatever `tryOn` throws.
 */
export async function tryOnCopy<T>(
  fleet: Fleet,
  entry: FleetVm,
  tryOn: (copy: FleetVm) => T | Promise<T>,
): Promise<T> {
  anchorHistory(entry);
  const { pages } = entry;
  const vm = thawVm(entry.vm.initial, freezeVm(entry.vm));
  // A ring of its own, anchored: a state that is only tried must not become a checkpoint.
  const ring = createRing(new HistoryBudget(1), 1);
  ring.anchor('older');
  const recorder = entry.recorder.forCopy();
  const violations = new FoundViolations();
  const copy: FleetVm = {
    ...entry,
    vm,
    ring,
    recorder,
    violations,
    lanes: null,
    story: null,
    log: null,
  };
  try {
    return await tryOn(copy);
  } finally {
    fleet.dropCopy(copy, pages);
  }
}
