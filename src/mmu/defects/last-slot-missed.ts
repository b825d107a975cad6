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
import { prevRootCount } from '../state/index.js';
import type { Defect } from './defect.js';
import { sparing } from './sparing.js';

export const lastSlotMissed: Defect = {
  title: 'A loop over prev_roots ends one early',
  source: MUTANT,
  what: 'The last previous root is never invalidated.',
  lifetime: null,
  where: 'kvm_invalidate_pcid()',
  seams: [sparing(({ mmu }, slot) => slot === prevRootCount(mmu) - 1)],
  judge: 'oracle',
  scene: onGuest([
    ...[PCIDE, cr3(A + 1), read(X), nf(B + 2), nf(B + 3), nf(B + 4)],
    ...[MOVED, invpcid(1, 1), nf(A + 1), READ_MOVED],
  ]),
};
