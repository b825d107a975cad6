import {
  expecting,
  FRAME_A,
  hostWrite,
  onGuest,
  PT,
  pte,
  READ_ONLY,
  read,
  store,
  write,
  X,
} from '../scenes/index.js';
import { around } from '../seam.js';
import { storeSpte } from '../shadow/index.js';
import { setMmioSpte } from '../shadow/page-fault.js';
import { mmioSpte } from '../shadow/spte.js';
import type { Defect } from './defect.js';

export const mmioOverPresent: Defect = {
  title: 'An MMIO marker overwrites a present leaf',
  source:
    'aad885e77496 KVM: x86/mmu: Drop/zap existing present SPTE even when creating an MMIO SPTE',
  what: 'A leaf is overwritten by an MMIO marker and stays in the reverse map.',
  lifetime: {
    first: '5.13',
    last: '6.19',
    lastOf: {
      '5.15': '5.15.202',
      '6.1': '6.1.167',
      '6.6': '6.6.130',
      '6.12': '6.12.79',
      '6.18': '6.18.20',
      '6.19': '6.19.10',
    },
    repair: 'aad885e77496',
  },
  where: 'mmu_set_spte()',
  seams: [
    around(setMmioSpte, () => (_vm, page, index, gfn) => storeSpte(page, index, mmioSpte(gfn))),
  ],
  judge: 'invariant',
  scene: onGuest(
    [
      ...[store(PT, pte(FRAME_A, READ_ONLY)), read(X), hostWrite(PT, pte(2 ** 21))],
      expecting({ kind: 'mmio' }, write(X)),
    ],
    { config: { tlb: 'off' } },
  ),
};
