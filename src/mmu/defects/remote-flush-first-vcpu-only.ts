import { KVM_REQ, makeRequest } from '../requests/index.js';
import { editedByAnother, MUTANT, onGuest } from '../scenes/index.js';
import { around } from '../seam.js';
import { flushRemoteTlbs } from '../shadow/index.js';
import type { Defect } from './defect.js';

export const remoteFlushFirstVcpuOnly: Defect = {
  title: 'A remote flush reaches one vCPU',
  source: MUTANT,
  what: 'kvm_flush_remote_tlbs() makes its request to vCPU 0 alone.',
  lifetime: null,
  where: 'kvm_make_all_cpus_request()',
  seams: [
    around(flushRemoteTlbs, () => (vm, emit) => {
      const [first] = vm.vcpus;
      if (first !== undefined) makeRequest(vm, first, KVM_REQ.TLB_FLUSH, emit);
    }),
  ],
  judge: 'oracle',
  scene: onGuest(editedByAnother, { config: { vcpus: 2 } }),
};
