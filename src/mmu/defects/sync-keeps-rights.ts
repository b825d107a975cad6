import {
  A,
  cr3,
  expecting,
  FRAME_A,
  MUTANT,
  onGuest,
  PT,
  pf,
  pte,
  READ_ONLY,
  store,
  write,
  X,
} from '../scenes/index.js';
import { around } from '../seam.js';
import { syncRights } from '../shadow/sync.js';
import type { Defect } from './defect.js';

export const syncKeepsRights: Defect = {
  title: 'A sync looks at the frame alone',
  source: MUTANT,
  what: 'An entry whose rights were taken away stays as it is.',
  lifetime: null,
  where: 'FNAME(sync_spte)',
  seams: [around(syncRights, () => () => false)],
  judge: 'oracle',
  scene: onGuest([
    ...[write(X), store(PT, pte(FRAME_A, READ_ONLY)), cr3(A), expecting(pf(0x3), write(X))],
  ]),
};
