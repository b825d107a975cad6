import { encodeVm } from '../mmu/index.js';
import type { FleetVm } from './fleet-vm.js';

/**
 * Before a command runs: sees to it that the state from which it starts can be made again for as
 * long as its record is kept.
 */
export function anchorHistory({ vm, ring, origin }: FleetVm): void {
  if (ring.isAnchored) return;
  if (!ring.wantsCheckpoint) {
    ring.anchor('older');
    return;
  }
  const isAsMade = ring.head === 0 && origin === null;
  ring.anchor({ seq: ring.head, state: isAsMade ? null : encodeVm(vm).bytes });
}
