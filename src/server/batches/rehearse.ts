import { freezeVm, thawVm } from '../../mmu/index.js';
import { anchorHistory } from '../fleet/anchor-history.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';

/**
 * Lends a copy of a VM to try commands on. What they do to it is forgotten.
 *
 * @throws {ApiError} If the model itself fails on a command: the VM is not harmed by that.
 */
export function rehearse<T>(fleet: Fleet, entry: FleetVm, tryOn: (copy: FleetVm) => T): T {
  // Now, because what is tried must not become a checkpoint.
  anchorHistory(entry);
  const vm = thawVm(entry.vm.config, freezeVm(entry.vm));
  const copy: FleetVm = { ...entry, vm, recorder: entry.recorder.rehearsal(), lanes: null };
  try {
    return tryOn(copy);
  } finally {
    fleet.forget(copy, entry);
  }
}
