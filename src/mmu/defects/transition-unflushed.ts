import { transitionTlbFlush } from '../nested/tlb-on-transition.js';
import { ENABLE_EPT, editedBetween, MUTANT, onHypervisor } from '../scenes/index.js';
import { around } from '../seam.js';
import { vpidOf } from '../state/index.js';
import type { Defect } from './defect.js';

export const transitionUnflushed: Defect = {
  title: 'A transition without VPID flushes nothing',
  source: MUTANT,
  what: 'VM entry and exit without VPID request no flush.',
  lifetime: null,
  where: 'nested_vmx_transition_tlb_flush()',
  seams: [
    around(transitionTlbFlush, (sound) => (vm, vcpu, transition, emit) => {
      if (vpidOf(transition.vmcs12) !== null) sound(vm, vcpu, transition, emit);
    }),
  ],
  judge: 'oracle',
  scene: onHypervisor(editedBetween(), { controls: ENABLE_EPT }),
};
