import {
  FRAME_A,
  launch,
  leave,
  MOVED,
  onHypervisor,
  READ_MOVED,
  read,
  resume,
  SHADOWED_L2,
  vmwrite,
  X,
} from '../scenes/index.js';
import type { Defect } from './defect.js';

export const newVpid12Unsynced: Defect = {
  title: 'Another vpid12 finds the old shadow',
  source: '712494de96f3 KVM: nVMX: Emulate guest TLB flush on nested VM-Enter with new vpid12',
  what: 'VM entry with another VPID flushes the hardware, and syncs no shadow.',
  lifetime: { first: '4.4', last: '5.15', repair: '712494de96f3' },
  where: 'nested_vmx_transition_tlb_flush()',
  rules: { newVpid12: 'flush-vpid02' },
  judge: 'oracle',
  scene: onHypervisor(
    [
      ...[launch, read(X, FRAME_A), leave, MOVED],
      ...[vmwrite('VIRTUAL_PROCESSOR_ID', 2), resume, READ_MOVED],
    ],
    SHADOWED_L2,
  ),
};
