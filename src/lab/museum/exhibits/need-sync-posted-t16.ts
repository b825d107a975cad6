import {
  A,
  B,
  cr3,
  MOVED,
  nf,
  onGuest,
  PCIDE,
  READ_MOVED,
  read,
  X,
} from '../../../mmu/scenes/index.js';
import type { Unnamed } from '../exhibit.js';

const scene = onGuest([read(X), cr3(B), MOVED, cr3(B), PCIDE, nf(A), READ_MOVED]);

export const needSyncPostedT16: Unnamed = {
  title: 'CR4.PCIDE is set over roots that were flushed',
  source: 'RFC of 26 May 2021, trap T16',
  what: 'A root that PCIDE=0 allowed to be stale is reached by a no-flush MOV CR3.',
  lifetime: null,
  where: 'kvm_set_cr4()',
  amiss: { policy: 'need-sync-posted' },
  sound: { policy: 'need-sync' },
  judge: 'oracle',
  scene,
};
