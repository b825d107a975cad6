import { flushGuest } from '../roots/index.js';
import { around } from '../seam.js';
import { flushVpid, vpid01Of } from '../tlb/index.js';
import type { Mend } from './mend.js';

/**
 * A flush of the guest that is serviced while L2 runs reaches the VPID of L1 as well: another vCPU of
 * L1 may have asked for it. Roots of L1 are previous ones by then, and meet the policy.
 */
export const mainlinePvL2: Mend = {
  seams: [
    around(flushGuest, (sound) => (vm, vcpu, emit, cause) => {
      sound(vm, vcpu, emit, cause);
      if (vcpu.nested.guestMode) flushVpid(vm, vcpu, vpid01Of(vcpu), emit);
    }),
  ],
};
