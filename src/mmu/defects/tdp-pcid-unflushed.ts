import { interceptsInvpcid } from '../commands/invpcid.js';
import { A, invpcid, MOVED, nf, onGuest, PCIDE, READ_MOVED, read, X } from '../scenes/index.js';
import { around } from '../seam.js';
import type { Defect } from './defect.js';

export const tdpPcidUnflushed: Defect = {
  title: 'INVPCID emulated under EPT spares another PCID',
  source: 'e45e9e3998f0 KVM: X86: Fix tlb flush for tdp in kvm_invalidate_pcid()',
  what: 'Where KVM emulates INVPCID under EPT, a PCID that is not in use is not flushed.',
  lifetime: { first: '4.19', last: '5.15', repair: 'e45e9e3998f0' },
  where: 'kvm_invalidate_pcid()',
  rules: { tdpPcidFlushesGuest: false },
  seams: [around(interceptsInvpcid, () => () => true)],
  judge: 'oracle',
  scene: onGuest(
    [PCIDE, nf(A + 1), read(X), nf(A + 2), MOVED, invpcid(1, 1), nf(A + 1), READ_MOVED],
    { config: { paging: 'ept' } },
  ),
};
