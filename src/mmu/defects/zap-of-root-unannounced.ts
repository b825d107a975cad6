import { makeAllCpusRequest } from '../requests/index.js';
import {
  A,
  B,
  cr3,
  FRAME_A,
  FRAME_B,
  MUTANT,
  on,
  onGuest,
  read,
  store,
  X,
} from '../scenes/index.js';
import { around, without } from '../seam.js';
import { prepareZapPage } from '../shadow/index.js';
import type { Defect } from './defect.js';

export const zapOfRootUnannounced: Defect = {
  title: 'A zapped root stays in use',
  source: MUTANT,
  what: 'No vCPU is asked to drop a root whose page was zapped.',
  lifetime: null,
  where: '__kvm_mmu_prepare_zap_page()',
  seams: [
    around(
      prepareZapPage,
      (sound) => (vm, vcpu, page, emit) => sound(without(vm, makeAllCpusRequest), vcpu, page, emit),
    ),
  ],
  judge: 'invariant',
  scene: onGuest(
    [
      ...[on(1, cr3(B)), on(1, read(X, FRAME_B))],
      ...[store(B + 8, 0), store(B + 16, 0), store(B + 24, 0)],
      on(1, read(X, FRAME_B)),
      ...[store(B, A + 0x1067), on(1, cr3(B)), on(1, read(X, FRAME_A))],
    ],
    { config: { vcpus: 2 } },
  ),
};
