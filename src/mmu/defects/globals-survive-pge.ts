import { movCr4 } from '../commands/mov-cr4.js';
import {
  cr4,
  FRAME_A,
  GLOBAL_PTE,
  MUTANT,
  ON_EPT,
  onGuest,
  PT,
  pte,
  READ_MOVED,
  read,
  SPARE,
  store,
  X,
} from '../scenes/index.js';
import { around, withAlso } from '../seam.js';
import { cpuFlush } from '../tlb/index.js';
import type { Defect } from './defect.js';

export const globalsSurvivePge: Defect = {
  title: 'Global pages outlive a toggle of PGE',
  source: MUTANT,
  what: 'The flush by CR4.PGE spares global pages.',
  lifetime: null,
  where: 'MOV to CR4',
  seams: [
    around(movCr4, (sound) => (vm, vcpu, command, emit) => {
      const sparesGlobals = around(cpuFlush, (flush) => (vm, vcpu, what, emit) => {
        flush(vm, vcpu, { ...what, globals: false }, emit);
      });
      return sound(withAlso(vm, sparesGlobals), vcpu, command, emit);
    }),
  ],
  judge: 'oracle',
  scene: onGuest(
    [
      ...[store(PT, pte(FRAME_A, GLOBAL_PTE)), read(X), store(PT, pte(SPARE, GLOBAL_PTE))],
      ...[cr4('0x20'), READ_MOVED],
    ],
    ON_EPT,
  ),
};
