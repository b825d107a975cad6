import { isPcide } from '../machine/index.js';
import { ALL_DUES } from '../policies/index.js';
import { reuse } from '../roots/index.js';
import { around } from '../seam.js';
import type { Mend } from './mend.js';

/**
 * While PCIDE is clear every switch that finds a root syncs and flushes it, as MOV CR3 does anyway: those
 * of nested transitions as well. Roots of an EPT have no PCID.
 */
export const mainlineT17: Mend = {
  seams: [
    around(reuse, (sound) => (vm, vcpu, hit, emit) => {
      const isOwing = vcpu.mmu.name === 'root' && !isPcide(vcpu.regs);
      sound(vm, vcpu, isOwing ? { ...hit, dues: ALL_DUES } : hit, emit);
    }),
  ],
};
