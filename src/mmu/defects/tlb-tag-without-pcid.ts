import {
  A,
  B,
  cr3,
  FRAME_A,
  FRAME_B,
  MUTANT,
  nf,
  onGuest,
  PCIDE,
  read,
  X,
} from '../scenes/index.js';
import { around } from '../seam.js';
import { tagInUse } from '../tlb/index.js';
import type { Defect } from './defect.js';

export const tlbTagWithoutPcid: Defect = {
  title: 'TLB entries carry no PCID',
  source: MUTANT,
  what: 'An entry of one PCID serves all of them.',
  lifetime: null,
  where: 'TLB',
  seams: [around(tagInUse, (sound) => (vm, vcpu) => ({ ...sound(vm, vcpu), pcid: 0 }))],
  judge: 'oracle',
  scene: onGuest([
    ...[PCIDE, cr3(A + 1), nf(B + 2), nf(A + 1), read(X, FRAME_A)],
    ...[nf(B + 2), read(X, FRAME_B)],
  ]),
};
