import { hasGlobalPages } from '../access/two-dimensional.js';
import {
  A,
  B,
  cr3,
  cr4,
  FRAME_A,
  FRAME_B,
  GLOBAL_PTE,
  MUTANT,
  nf,
  ON_EPT,
  onGuest,
  PT,
  pte,
  read,
  store,
  X,
} from '../scenes/index.js';
import { around } from '../seam.js';
import type { Defect } from './defect.js';

export const globalWithoutPge: Defect = {
  title: 'A global page needs no CR4.PGE',
  source: MUTANT,
  what: 'The G bit counts while CR4.PGE is clear.',
  lifetime: null,
  where: 'TLB',
  seams: [around(hasGlobalPages, () => () => true)],
  judge: 'oracle',
  scene: onGuest(
    [
      ...[store(PT, pte(FRAME_A, GLOBAL_PTE)), cr4('0x20020'), cr3(A + 1), read(X, FRAME_A)],
      ...[nf(B + 2), read(X, FRAME_B)],
    ],
    ON_EPT,
  ),
};
