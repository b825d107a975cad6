import { ACC_USER, isSmap, memslotOf } from '../machine/index.js';
import { around } from '../seam.js';
import { fixFault, isOverWp } from '../shadow/index.js';
import type { Mend } from './mend.js';

/**
 * A supervisor's write to a read-only page of the user is emulated while SMAP is on, so that no
 * entry of the shadow turns the page into one of the supervisor.
 */
export const mainlineSmap: Mend = {
  seams: [
    around(fixFault, (sound) => (vm, vcpu, fault, mapping, emit) => {
      const isKept =
        isSmap(vcpu.regs) &&
        (mapping.acc & ACC_USER) !== 0 &&
        isOverWp(vcpu, fault, mapping) &&
        memslotOf(vm.memory, mapping.gfn) !== undefined;
      return isKept ? 'emulate' : sound(vm, vcpu, fault, mapping, emit);
    }),
  ],
};
