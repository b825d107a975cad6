import { flushedFromAfar, invpcid, MUTANT, onGuest } from '../scenes/index.js';
import { CURRENT } from '../schema/index.js';
import type { Defect } from './defect.js';
import { sparing } from './sparing.js';

export const pcidFlushSparesPrevRoots: Defect = {
  title: 'A PCID flush stops at the current root',
  source: MUTANT,
  what: 'prev_roots are not looked at when a PCID is invalidated.',
  lifetime: null,
  where: 'kvm_invalidate_pcid()',
  seams: [
    sparing(({ by }, slot) => (by === 'mov-cr3' || by === 'invpcid-single') && slot !== CURRENT),
  ],
  judge: 'oracle',
  scene: onGuest(flushedFromAfar(invpcid(1, 1))),
};
