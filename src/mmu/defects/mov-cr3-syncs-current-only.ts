import { A, B, cr3, MOVED, nf, onGuest, PCIDE, READ_MOVED, read, X } from '../scenes/index.js';
import type { Defect } from './defect.js';

export const movCr3SyncsCurrentOnly: Defect = {
  title: 'A flushing MOV CR3 spares cached roots',
  source: '21823fbda552 KVM: x86: Invalidate all PGDs for the current PCID on MOV CR3 w/ flush',
  what: 'MOV CR3 with a flush syncs the root it loads, and no other root of its PCID.',
  lifetime: { first: '4.19', last: '5.13', repair: '21823fbda552' },
  where: 'kvm_set_cr3()',
  rules: { movCr3ReachesCachedRoots: false, syncOnHitUnlessSkipped: true },
  judge: 'oracle',
  scene: onGuest([
    ...[PCIDE, cr3(A + 1), read(X), nf(B + 1), read(X), MOVED],
    ...[cr3(B + 1), nf(A + 1), READ_MOVED],
  ]),
};
