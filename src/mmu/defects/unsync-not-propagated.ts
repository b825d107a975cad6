import { MUTANT, onGuest, reloaded } from '../scenes/index.js';
import { around, without } from '../seam.js';
import { markParentsUnsync } from '../shadow/links.js';
import { unsyncPage } from '../shadow/unsync.js';
import type { Defect } from './defect.js';

export const unsyncNotPropagated: Defect = {
  title: 'An unsync page tells no parent',
  source: MUTANT,
  what: 'A page becomes unsync and its ancestors do not learn of it.',
  lifetime: null,
  where: 'kvm_unsync_page()',
  seams: [
    around(unsyncPage, (sound) => (vm, vcpu, page, emit) => {
      sound(without(vm, markParentsUnsync), vcpu, page, emit);
    }),
  ],
  judge: 'oracle',
  scene: onGuest(reloaded),
};
