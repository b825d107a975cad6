import { KVM_REQ, makeAllCpusRequest, makeRequest } from '../requests/index.js';
import { editedByAnother, MUTANT, onGuest } from '../scenes/index.js';
import { around } from '../seam.js';
import type { Defect } from './defect.js';

export const requestWithoutKick: Defect = {
  title: 'A request waits for the next exit',
  source: MUTANT,
  what: 'A vCPU that runs the guest is not kicked out of it.',
  lifetime: null,
  where: 'kvm_make_vcpus_request_mask()',
  seams: [
    around(makeAllCpusRequest, () => (vm, name, emit) => {
      for (const vcpu of vm.vcpus) makeRequest(vm, vcpu, KVM_REQ[name], emit);
    }),
  ],
  judge: 'oracle',
  scene: onGuest(editedByAnother, { config: { vcpus: 2 } }),
};
