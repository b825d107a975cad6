import { loadMmu, syncRoots } from '../roots/index.js';
import { flushedFromAfar, invpcid, MUTANT, onGuest } from '../scenes/index.js';
import { around, without } from '../seam.js';
import type { Defect } from './defect.js';

export const loadSkipsSync: Defect = {
  title: 'A load syncs nothing',
  source: MUTANT,
  what: 'A root that is built on an existing page is not synced.',
  lifetime: null,
  where: 'kvm_mmu_load()',
  seams: [
    around(loadMmu, (sound) => (vm, vcpu, emit) => sound(without(vm, syncRoots), vcpu, emit)),
  ],
  judge: 'oracle',
  scene: onGuest(flushedFromAfar(invpcid(1, 1))),
};
