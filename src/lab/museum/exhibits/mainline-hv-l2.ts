import { flushedOverL2, hvFlush, MOVED, on, onHypervisor } from '../../../mmu/scenes/index.js';
import type { Unnamed } from '../exhibit.js';

/** A kernel of L1 that knows Hyper-V flushes all vCPUs while vCPU 0 runs L2. */
const scene = onHypervisor(flushedOverL2(on(1, MOVED), hvFlush()), {
  config: { vcpus: 2, cpuid: { hyperv: true }, kernel: '6.1' },
});

export const mainlineHvL2: Unnamed = {
  title: 'A flush that L1 asks of Hyper-V hits L2',
  source:
    '260970862c88 KVM: x86: hyper-v: Handle HVCALL_FLUSH_VIRTUAL_ADDRESS_LIST{,EX} calls gently',
  what: 'The request is serviced under the VPID of the L2 that runs, and L1 keeps its TLB.',
  lifetime: { first: '5.16', last: '6.1', repair: null },
  where: 'kvm_hv_flush_tlb()',
  amiss: { policy: 'mainline' },
  sound: { kernel: '6.12' },
  judge: 'oracle',
  scene,
};
