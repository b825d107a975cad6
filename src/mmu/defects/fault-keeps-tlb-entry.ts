import { deliverPageFault } from '../access/two-dimensional.js';
import {
  expecting,
  FRAME_A,
  MUTANT,
  ON_EPT,
  onGuest,
  PT,
  pf,
  pte,
  READ_MOVED,
  READ_ONLY,
  read,
  SPARE,
  store,
  write,
  X,
} from '../scenes/index.js';
import { around } from '../seam.js';
import { pageFault } from '../vcpu/index.js';
import type { Defect } from './defect.js';

export const faultKeepsTlbEntry: Defect = {
  title: 'A page fault keeps what it was due to',
  source: MUTANT,
  what: 'The processor does not drop the translation that faulted.',
  lifetime: null,
  where: 'TLB',
  seams: [
    around(
      deliverPageFault,
      () =>
        (_vm, _vcpu, { errorCode, address }) =>
          pageFault(errorCode, address),
    ),
  ],
  judge: 'oracle',
  scene: onGuest(
    [
      ...[store(PT, pte(FRAME_A, READ_ONLY)), read(X), store(PT, pte(SPARE, READ_ONLY))],
      ...[expecting(pf(0x3), write(X)), READ_MOVED],
    ],
    ON_EPT,
  ),
};
