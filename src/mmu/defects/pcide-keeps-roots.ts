import { pcideEnabled } from '../roots/index.js';
import {
  A,
  B,
  cr3,
  invpcid,
  MOVED,
  nf,
  onGuest,
  PCIDE,
  READ_MOVED,
  read,
  X,
} from '../scenes/index.js';
import { around } from '../seam.js';
import type { Defect } from './defect.js';

export const pcideKeepsRoots: Defect = {
  title: 'CR4.PCIDE is set over stale roots',
  source: '509bfe3d9796 KVM: X86: Cache CR3 in prev_roots when PCID is disabled (its repair)',
  what: 'Roots that may be stale while PCIDE is clear stay cached when it is set.',
  lifetime: null,
  where: 'kvm_post_set_cr4()',
  seams: [around(pcideEnabled, () => () => undefined)],
  judge: 'oracle',
  scene: onGuest([...[read(X), cr3(B), MOVED, invpcid(1, 0), PCIDE, nf(A), READ_MOVED]]),
};
