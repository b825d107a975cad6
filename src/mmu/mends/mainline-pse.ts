import { isPae, isPaging, X86_CR4_PSE } from '../machine/index.js';
import { rootMmuRole } from '../roots/index.js';
import { around } from '../seam.js';
import { ROLE } from '../shadow/index.js';
import type { Vcpu } from '../state/index.js';
import type { Mend } from './mend.js';

/** The role of a root tells whether the entries that it shadows may map 4 MiB. */
export const mainlinePse: Mend = {
  seams: [
    around(rootMmuRole, (sound) => (vm, vcpu, how) => {
      const pse = vm.config.paging === 'shadow' && hasPse(vcpu) ? ROLE.CR4_PSE : 0;
      return sound(vm, vcpu, how) | pse;
    }),
  ],
};

function hasPse({ regs }: Vcpu): boolean {
  return isPaging(regs) && !isPae(regs) && (regs.cr4 & X86_CR4_PSE) !== 0;
}
