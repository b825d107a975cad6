import {
  type Deriver,
  EventRing,
  type HistoryBudget,
  type StateScale,
} from '../../journal/index.js';
import { bytesBeyond, type FrozenVm, freezeVm } from '../../mmu/index.js';
import type { FleetVm } from './fleet-vm.js';

const FROZEN_SCALE: StateScale<FrozenVm> = { bytesOf: ({ rest }) => rest.length, bytesBeyond };

/**
 * Makes the history of a VM, whose checkpoints are frozen states.
 *
 * @param recordsMax Records kept.
 * @param deriver Makes packed records again; without it, nothing is packed.
 */
export function createRing(
  budget: HistoryBudget,
  recordsMax: number,
  deriver: Deriver<FrozenVm> | null = null,
): EventRing<FrozenVm> {
  return new EventRing(budget, recordsMax, FROZEN_SCALE, deriver);
}

/**
 * Prepares a history for the next command: the state before it can be made again as long as its
 * record is kept.
 */
export function anchorHistory({ vm, ring, recorder, origin, story }: FleetVm): void {
  story?.begin(vm);
  story?.forgetBefore(ring.oldest);
  if (ring.isAnchored) return;
  if (!ring.wantsCheckpoint) {
    ring.anchor('older');
    return;
  }
  const isAsMade = ring.head === 0 && origin === null;
  const made = recorder.requestsMade();
  ring.anchor({ seq: ring.head, state: isAsMade ? null : freezeVm(vm), made });
}
