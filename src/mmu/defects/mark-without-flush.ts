import { markRoot } from '../roots/marks.js';
import {
  A,
  B,
  CACHED_ROOTS,
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
import { around } from '../seam.js';
import { recordAt } from '../state/index.js';
import type { Defect } from './defect.js';

export const markWithoutFlush: Defect = {
  title: 'A mark owes no flush',
  source: MUTANT,
  what: 'A root that is marked is synced before its reuse, and not flushed.',
  lifetime: null,
  where: 'kvm_mmu_new_pgd()',
  seams: [
    around(markRoot, (sound) => (vm, vcpu, mmu, what, emit) => {
      sound(vm, vcpu, mmu, what, emit);
      recordAt(mmu, what.slot).flushDue = false;
    }),
  ],
  judge: 'oracle',
  scene: onGuest(
    [
      ...[PCIDE, cr3(A + 1), nf(B + 2), nf(B + 1), nf(A + 1), read(X, FRAME_A)],
      ...[nf(B + 2), invpcid(1, 1), nf(B + 1), read(X, FRAME_B)],
    ],
    CACHED_ROOTS,
  ),
};
