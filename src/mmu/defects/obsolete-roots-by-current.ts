import {
  A,
  B,
  cr3,
  nf,
  on,
  onGuest,
  PCIDE,
  PML4,
  pte,
  read,
  sparing,
  store,
  X,
} from '../scenes/index.js';
import type { Defect } from './defect.js';

/** vCPU 1 stores three times to the root of vCPU 0, which KVM then gives up. */
const FLOOD = [1, 2, 3].map((frame) => on(1, store(PML4 + 300 * 8, pte(frame))));

export const obsoleteRootsByCurrent: Defect = {
  title: 'Obsolete roots are judged by the current one',
  source: 'cf4a8693d97a KVM: x86/mmu: Check every prev_roots in __kvm_mmu_free_obsolete_roots()',
  what: 'Of the previous roots all are freed or none, by what the current root is.',
  lifetime: { first: '5.18', last: '5.18', repair: 'cf4a8693d97a' },
  where: '__kvm_mmu_free_obsolete_roots()',
  rules: { obsoleteRootsBy: 'current-page' },
  judge: 'economy',
  scene: onGuest(
    [
      ...[on(1, PCIDE), on(1, cr3(B + 3)), PCIDE, cr3(B + 2), read(X), nf(A + 1), read(X)],
      ...[...FLOOD, read(X), sparing(['root-missed'], nf(B + 2))],
    ],
    { config: { vcpus: 2 } },
  ),
};
