import { transitionTlbFlush } from '../nested/tlb-on-transition.js';
import { editedBetween, MUTANT, onHypervisor, vmwrite } from '../scenes/index.js';
import { around } from '../seam.js';
import { vpidOf } from '../state/index.js';
import type { Defect } from './defect.js';

export const vpid12ChangeUnnoticed: Defect = {
  title: 'Another vpid12 is not noticed',
  source: MUTANT,
  what: 'VM entry does not compare the VPID with the last one.',
  lifetime: null,
  where: 'nested_vmx_transition_tlb_flush()',
  seams: [
    around(transitionTlbFlush, (sound) => (vm, vcpu, transition, emit) => {
      if (vpidOf(transition.vmcs12) === null) sound(vm, vcpu, transition, emit);
    }),
  ],
  judge: 'oracle',
  scene: onHypervisor(editedBetween(vmwrite('VIRTUAL_PROCESSOR_ID', 2))),
};
