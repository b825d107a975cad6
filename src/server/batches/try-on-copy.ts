import { freezeVm, thawVm } from '../../mmu/index.js';
import { anchorHistory } from '../fleet/anchor-history.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';

/**
 * Lends a copy of a VM to try commands on, and drops it afterwards.
 *
 * @throws {unknown} Whatever `tryOn` throws.
 */
export function tryOnCopy<T>(fleet: Fleet, entry: FleetVm, tryOn: (copy: FleetVm) => T): T {
  // Before the copy runs anything: a state that is only tried must not become a checkpoint.
  anchorHistory(entry);
  const vm = thawVm(entry.vm.config, freezeVm(entry.vm));
  const copy: FleetVm = { ...entry, vm, recorder: entry.recorder.forCopy(), lanes: null };
  try {
    return tryOn(copy);
  } finally {
    fleet.dropCopy({ copy, original: entry });
  }
}
