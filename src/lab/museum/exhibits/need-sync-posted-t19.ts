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

const scene = onGuest([
  ...[PCIDE, cr3(A + 1), read(X), nf(B + 1), MOVED, cr3(B + 1), nf(A + 1), READ_MOVED],
]);

export const needSyncPostedT19: Unnamed = {
  title: 'A flushing MOV CR3 marks no other root of its PCID',
  source: 'RFC of 26 May 2021, trap T19',
  what: 'MOV CR3 syncs the root that it loads, and leaves the others of the PCID unmarked.',
  lifetime: null,
  where: 'kvm_set_cr3()',
  amiss: { policy: 'need-sync-posted' },
  sound: { policy: 'need-sync' },
  judge: 'oracle',
  scene,
};
