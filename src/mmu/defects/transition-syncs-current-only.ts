import {
  A,
  B,
  l2HasUsedBoth,
  nf,
  onHypervisor,
  READ_MOVED,
  resume,
  vmwrite,
} from '../scenes/index.js';
import type { Defect } from './defect.js';

export const transitionSyncsCurrentOnly: Defect = {
  title: 'A transition without VPID syncs one root',
  source: '07ffaf343e34 KVM: nVMX: Sync all PGDs on nested transition with shadow paging',
  what: 'VM entry and exit without VPID flush the hardware and sync the root they load alone.',
  lifetime: { first: '5.8', last: '5.13', repair: '07ffaf343e34' },
  where: 'nested_vmx_transition_tlb_flush()',
  rules: { transitionWithoutVpid: 'TLB_FLUSH', syncOnHitUnlessSkipped: true },
  judge: 'oracle',
  scene: onHypervisor(
    [...l2HasUsedBoth, vmwrite('GUEST_CR3', B + 2), resume, nf(A + 1), READ_MOVED],
    {
      config: { paging: 'shadow' },
      controls: 0,
    },
  ),
};
