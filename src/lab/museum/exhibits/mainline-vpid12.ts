import {
  A,
  launch,
  leave,
  MOVED,
  onHypervisor,
  READ_MOVED,
  read,
  resume,
  vmwrite,
  X,
} from '../../../mmu/scenes/index.js';
import type { Unnamed } from '../exhibit.js';

/** L2 gets another VPID in an entry that fails after the flush for it was requested. */
const scene = onHypervisor(
  [
    ...[launch, read(X), leave, MOVED, vmwrite('VIRTUAL_PROCESSOR_ID', 2)],
    ...[vmwrite('GUEST_CR3', 2 ** 46), resume, vmwrite('GUEST_CR3', A), resume, READ_MOVED],
  ],
  { config: { kernel: '6.1.176' } },
);

export const mainlineVpid12: Unnamed = {
  title: 'A VM entry that fails takes the flush of a new vpid12 with it',
  source: '05a0b701d108 KVM: nVMX: Service local TLB flushes on failed nested VM-Enter',
  what: 'The VPID is noted before the checks that fail, and the flush for it is spent on L1.',
  lifetime: {
    first: '5.16',
    last: '7.2',
    lastOf: { '6.1': '6.1.187', '6.12': '6.12.109' },
    repair: '05a0b701d108',
    seenOn: ['6.1.176'],
  },
  where: 'nested_vmx_transition_tlb_flush()',
  amiss: { policy: 'mainline' },
  sound: { kernel: '6.1.190' },
  judge: 'oracle',
  scene,
};
