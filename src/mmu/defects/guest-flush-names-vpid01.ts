import {
  B,
  cr4,
  FRAME_B,
  l2WithTwoTables,
  nf,
  onHypervisor,
  read,
  SHADOWED_L2,
  X,
} from '../scenes/index.js';
import type { Defect } from './defect.js';

export const guestFlushNamesVpid01: Defect = {
  title: 'A flush that L2 asked for hits L1',
  source: '2b4a5a5d5688 KVM: nVMX: Flush current VPID (L1 vs. L2) for KVM_REQ_TLB_FLUSH_GUEST',
  what: 'TLB_FLUSH_GUEST names the VPID of L1 even while L2 runs.',
  lifetime: { first: '5.8', last: '5.15', repair: '2b4a5a5d5688' },
  where: 'vmx_flush_tlb_guest()',
  rules: { l2Vpid: 'vpid01-for-guest' },
  judge: 'oracle',
  scene: onHypervisor(
    [...l2WithTwoTables, nf(B + 1), cr4('0x22020'), read(X, FRAME_B)],
    SHADOWED_L2,
  ),
};
