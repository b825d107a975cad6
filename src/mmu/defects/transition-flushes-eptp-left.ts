import { transitionTlbFlush } from '../nested/tlb-on-transition.js';
import {
  ENABLE_EPT,
  FRAME_A,
  launch,
  leave,
  MOVED,
  onHypervisor,
  READ_MOVED,
  read,
  resume,
  X,
} from '../scenes/index.js';
import { around } from '../seam.js';
import { vpidOf } from '../state/index.js';
import { flushTlbCurrent } from '../tlb/index.js';
import type { Defect } from './defect.js';

export const transitionFlushesEptpLeft: Defect = {
  title: 'A transition flushes the EPTP that it leaves',
  source: '1438921c6dc1 KVM: nVMX: Flush TLB entries tagged by dest EPTP on L1<->L2 transitions',
  what: 'VM entry without VPID flushes the EP4TA of L1, and nothing of L2.',
  lifetime: { first: '4.13', last: '4.20', repair: '1438921c6dc1' },
  where: 'nested_vmx_transition_tlb_flush()',
  seams: [
    around(transitionTlbFlush, (sound) => (vm, vcpu, transition, emit) => {
      if (vpidOf(transition.vmcs12) === null) flushTlbCurrent(vm, vcpu, emit);
      else sound(vm, vcpu, transition, emit);
    }),
  ],
  judge: 'oracle',
  scene: onHypervisor([launch, read(X, FRAME_A), leave, MOVED, resume, READ_MOVED], {
    controls: ENABLE_EPT,
  }),
};
