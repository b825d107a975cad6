import { markRoot } from '../roots/marks.js';
import { CACHED_ROOTS, flushedFromAfar, invpcid, MUTANT, onGuest } from '../scenes/index.js';
import { around } from '../seam.js';
import { recordAt } from '../state/index.js';
import type { Defect } from './defect.js';

export const markWithoutSync: Defect = {
  title: 'A mark owes no sync',
  source: MUTANT,
  what: 'A root that is marked is flushed before its reuse, and not synced.',
  lifetime: null,
  where: 'kvm_mmu_new_pgd()',
  seams: [
    around(markRoot, (sound) => (vm, vcpu, mmu, what, emit) => {
      sound(vm, vcpu, mmu, what, emit);
      recordAt(mmu, what.slot).syncDue = false;
    }),
  ],
  judge: 'oracle',
  scene: onGuest(flushedFromAfar(invpcid(1, 1)), CACHED_ROOTS),
};
