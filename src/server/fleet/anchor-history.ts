import { EventRing, type HistoryBudget, type StateScale } from '../../journal/index.js';
import { bytesBeyond, type FrozenVm, freezeVm } from '../../mmu/index.js';
import type { FleetVm } from './fleet-vm.js';

const FROZEN_SCALE: StateScale<FrozenVm> = { bytesOf: ({ rest }) => rest.length, bytesBeyond };

/**
 * Makes the history of a VM, whose checkpoints are frozen states.
 *
 * @param recordsMax Records kept.
 */
export function createRing(budget: HistoryBudget, recordsMax: number): EventRing<FrozenVm> {
  return new EventRing(budget, recordsMax, FROZEN_SCALE);
}

/**
 * Prepares a history for the next command: the state before it can be made again as long as its
 * record is kept.
 */
export function anchorHistory({ vm, ring, origin, story }: FleetVm): void {
  story?.begin(vm);
  if (ring.isAnchored) return;
  if (!ring.wantsCheckpoint) {
    ring.anchor('older');
    return;
  }
  const isAsMade = ring.head === 0 && origin === null;
  ring.anchor({ seq: ring.head, state: isAsMade ? null : freezeVm(vm) });
}
