import { loadMmu } from '../roots/index.js';
import {
  A,
  B,
  cr3,
  FRAME_A,
  FRAME_B,
  invpcid,
  MUTANT,
  nf,
  onGuest,
  PCIDE,
  read,
  X,
} from '../scenes/index.js';
import { around, without } from '../seam.js';
import { flushTlbCurrent } from '../tlb/index.js';
import type { Defect } from './defect.js';

export const loadSkipsFlush: Defect = {
  title: 'A load flushes nothing',
  source: MUTANT,
  what: 'A root becomes current and the hardware keeps what it has.',
  lifetime: null,
  where: 'kvm_mmu_load()',
  seams: [
    around(loadMmu, (sound) => (vm, vcpu, emit) => sound(without(vm, flushTlbCurrent), vcpu, emit)),
  ],
  judge: 'oracle',
  scene: onGuest([
    ...[PCIDE, cr3(A + 1), nf(B + 2), nf(A + 1), read(X, FRAME_A)],
    ...[nf(B + 2), invpcid(1, 1), nf(B + 1), read(X, FRAME_B)],
  ]),
};
