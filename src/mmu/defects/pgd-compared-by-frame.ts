import { findRoot } from '../roots/index.js';
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

export const pgdComparedByFrame: Defect = {
  title: 'A root is found by its frame alone',
  source: MUTANT,
  what: 'A lookup ignores the PCID in the low bits of the pgd.',
  lifetime: null,
  where: 'is_root_usable()',
  seams: [
    around(findRoot, (sound) => (vm, mmu, pgd, role) => {
      const slots = mmu.slots.map((root) => (root.pgd.page === pgd.page ? { ...root, pgd } : root));
      return sound(vm, { ...mmu, slots }, pgd, role);
    }),
  ],
  judge: 'oracle',
  scene: onGuest([
    ...[PCIDE, cr3(A + 1), nf(A + 2), read(X), nf(B + 3)],
    ...[MOVED, invpcid(1, 2), nf(A + 2), READ_MOVED],
  ]),
};
