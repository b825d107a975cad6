import { X86_CR4_PKE } from '../machine/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import type { Vcpu } from '../state/index.js';
import { fault, OK } from '../vcpu/index.js';

/**
 * The guest executed WRPKRU. It never exits, whoever runs, and drops nothing: what is cached has
 * its key, and the rights of the key count from the next access on.
 *
 * @see Intel SDM Vol. 2D, "WRPKRU—Write Data to User Page Key Register"
 */
export function wrpkru(vcpu: Vcpu, { value, ecx, edx }: CommandOf<'wrpkru'>): Outcome {
  const { regs } = vcpu;
  if ((regs.cr4 & X86_CR4_PKE) === 0) return fault('#UD');
  if (ecx !== 0 || edx !== 0) return fault('#GP');
  regs.pkru = value;
  return OK;
}
