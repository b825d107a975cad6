import { MUTANT, onGuest, upperMoved } from '../scenes/index.js';
import { around } from '../seam.js';
import { tryToUnsyncPages } from '../shadow/unsync.js';
import type { Defect } from './defect.js';

export const writeTrackingLost: Defect = {
  title: 'A table above level 1 is not write-tracked',
  source: MUTANT,
  what: 'A leaf that maps such a table may be writable.',
  lifetime: null,
  where: 'mmu_try_to_unsync_pages()',
  seams: [
    around(
      tryToUnsyncPages,
      (sound) => (vm, vcpu, what, emit) =>
        vm.shadow.writeTracked.has(what.gfn) || sound(vm, vcpu, what, emit),
    ),
  ],
  judge: 'oracle',
  scene: onGuest(upperMoved),
};
