import {
  A,
  B,
  cr3,
  FRAME_B,
  invlpg,
  on,
  onGuest,
  PDPT,
  PML4,
  pte,
  READ_MOVED,
  read,
  SPARE,
  store,
  X,
} from '../scenes/index.js';
import type { Defect } from './defect.js';

export const linkedUnsynced: Defect = {
  title: 'A page is linked before it is synced',
  source: 'KVM: X86: Synchronize the shadow pagetable before link it (v5.15)',
  what: 'What is unsync below a page that is linked is synced later, and for one vCPU alone.',
  lifetime: { first: '2.6.28', last: '5.14', repair: '65855ed8b034' },
  where: 'FNAME(fetch)',
  rules: { foundPageSync: 'request' },
  judge: 'oracle',
  scene: onGuest(
    [
      ...[cr3(B), read(X, FRAME_B), cr3(A), on(1, store(B + 0x3000, pte(SPARE)))],
      ...[on(1, invlpg(X)), store(PML4, B + 0x1067), store(PDPT + 40, 0), on(1, READ_MOVED)],
    ],
    { config: { vcpus: 2 } },
  ),
};
