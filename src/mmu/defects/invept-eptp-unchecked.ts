import { invept as handleInvept } from '../commands/invept.js';
import { isEptpAccepted } from '../nested/index.js';
import { EPT, EPTP, expecting, invept, onHypervisor, vmFail } from '../scenes/index.js';
import { around, withAlso } from '../seam.js';
import type { Defect } from './defect.js';

export const inveptEptpUnchecked: Defect = {
  title: 'INVEPT takes any EPTP',
  source: 'eed0030e4caa KVM: nVMX: Validate the EPTP when emulating INVEPT(EXTENT_CONTEXT)',
  what: 'Single-context INVEPT succeeds with an EPTP that no VM entry would accept.',
  lifetime: { first: '3.12', last: '5.7', repair: 'eed0030e4caa' },
  where: 'handle_invept()',
  seams: [
    around(handleInvept, (sound) => (vm, vcpu, command, emit) => {
      const unchecked = around(isEptpAccepted, () => () => true);
      return sound(withAlso(vm, unchecked), vcpu, command, emit);
    }),
  ],
  judge: 'conformance',
  scene: onHypervisor([
    expecting(vmFail(28), invept(1, EPT + 0x1a)),
    expecting(vmFail(28), invept(1, EPT + 0x81e)),
    expecting(vmFail(28), invept(1, 2 ** 46 + EPTP)),
  ]),
};
