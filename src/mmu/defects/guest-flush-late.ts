import {
  cr4,
  launch,
  MOVED,
  onHypervisor,
  READ_MOVED,
  read,
  resume,
  vmwrite,
  X,
} from '../scenes/index.js';
import type { Defect } from './defect.js';

export const guestFlushLate: Defect = {
  title: 'A flush is spent on the wrong side of an exit',
  source:
    '40e5f9080472 KVM: nVMX: Abide to KVM_REQ_TLB_FLUSH_GUEST request on nested vmentry/vmexit',
  what: 'TLB_FLUSH_GUEST that is pending when L2 leaves is serviced in the context of L1.',
  lifetime: { first: '5.8', last: '5.15', repair: '40e5f9080472' },
  where: 'nested_vmx_vmexit()',
  rules: { transitionServices: 'current', nestedEvents: 'before-requests' },
  judge: 'oracle',
  scene: onHypervisor([
    ...[vmwrite('CR4_GUEST_HOST_MASK', 0x80), launch, read(X), MOVED, cr4('0x2020')],
    { command: { kind: 'vmexit', vcpu: 0, synthesized: true } },
    ...[resume, READ_MOVED],
  ]),
};
