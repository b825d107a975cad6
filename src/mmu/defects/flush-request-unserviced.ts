import {
  A,
  B,
  cr3,
  FRAME_A,
  FRAME_B,
  MUTANT,
  nf,
  onGuest,
  PCIDE,
  read,
  X,
} from '../scenes/index.js';
import { around } from '../seam.js';
import { flushCurrent } from '../vcpu/service-requests.js';
import type { Defect } from './defect.js';

export const flushRequestUnserviced: Defect = {
  title: 'TLB_FLUSH_CURRENT is cleared and not serviced',
  source: MUTANT,
  what: 'The request goes and no TLB is flushed.',
  lifetime: null,
  where: 'vcpu_enter_guest()',
  seams: [
    around(flushCurrent, () => (_vm, vcpu) => {
      vcpu.counters.tlbFlush += 1;
    }),
  ],
  judge: 'oracle',
  scene: onGuest([
    ...[PCIDE, cr3(A + 1), nf(B + 1), nf(A + 1), read(X, FRAME_A)],
    ...[cr3(B + 1), read(X, FRAME_B)],
  ]),
};
