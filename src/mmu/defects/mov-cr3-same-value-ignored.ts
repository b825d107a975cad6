import { handleTlbFlush } from '../commands/mov-cr3.js';
import { A, cr3, MOVED, MUTANT, onGuest, READ_MOVED, read, X } from '../scenes/index.js';
import { around } from '../seam.js';
import type { Defect } from './defect.js';

export const movCr3SameValueIgnored: Defect = {
  title: 'MOV CR3 of the same value is a NOP',
  source: MUTANT,
  what: 'A flush by reloading CR3 does not happen.',
  lifetime: null,
  where: 'kvm_set_cr3()',
  seams: [
    around(handleTlbFlush, (sound) => (vm, vcpu, isSame, emit) => {
      if (!isSame) sound(vm, vcpu, isSame, emit);
    }),
  ],
  judge: 'oracle',
  scene: onGuest([read(X), MOVED, cr3(A), READ_MOVED]),
};
