import { clearMarks } from '../roots/marks.js';
import { reuse } from '../roots/new-pgd.js';
import {
  A,
  B,
  CACHED_ROOTS,
  cr3,
  enter,
  invpcid,
  loadRoot,
  MOVED,
  MUTANT,
  nf,
  onGuest,
  PCIDE,
  READ_MOVED,
  read,
  X,
} from '../scenes/index.js';
import { CURRENT } from '../schema/index.js';
import { around } from '../seam.js';
import { recordAt } from '../state/index.js';
import type { Defect } from './defect.js';

export const rotationLosesMarks: Defect = {
  title: 'A rotation loses a mark',
  source: MUTANT,
  what: 'A root that joins the cache leaves behind what it owes.',
  lifetime: null,
  where: 'cached_root_find_and_keep_current()',
  seams: [
    around(reuse, (sound) => (vm, vcpu, hit, emit) => {
      clearMarks(recordAt(vcpu.mmu, CURRENT));
      sound(vm, vcpu, hit, emit);
    }),
  ],
  judge: 'oracle',
  scene: onGuest(
    [
      ...[PCIDE, cr3(A + 1), read(X), nf(B + 2), nf(A + 1), MOVED],
      ...[invpcid(1, 1), loadRoot(B + 2), enter, nf(A + 1), READ_MOVED],
    ],
    CACHED_ROOTS,
  ),
};
