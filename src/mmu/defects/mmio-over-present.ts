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
