import { invalidateByType } from '../commands/invpcid.js';
import {
  A,
  B,
  cr3,
  invpcid,
  MOVED,
  MUTANT,
  nf,
  onGuest,
  PCIDE,
  READ_MOVED,
  read,
  X,
} from '../scenes/index.js';
import { around } from '../seam.js';
import type { Defect } from './defect.js';

export const invpcidAllAsSingle: Defect = {
  title: 'INVPCID of all PCIDs is taken for one',
  source: MUTANT,
  what: 'INVPCID types 2 and 3 cover the PCID of their operand alone.',
  lifetime: null,
  where: 'kvm_handle_invpcid()',
  seams: [
    around(invalidateByType, (sound) => (vm, vcpu, what, emit) => {
      sound(vm, vcpu, what.type >= 2 ? { ...what, type: 1 } : what, emit);
    }),
  ],
  judge: 'oracle',
  scene: onGuest([
    ...[PCIDE, cr3(A + 1), read(X), nf(B + 2), MOVED],
    ...[invpcid(3, 0), nf(A + 1), READ_MOVED],
  ]),
};
