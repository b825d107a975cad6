import { offeredFeatures } from '../kernel/index.js';
import { flagsIn, isFlagWord } from '../machine/index.js';
import { reflectExit } from '../nested/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { fault, OK } from '../vcpu/index.js';
import { l1WantsWrmsr } from './intercepts.js';

/**
 * The guest wrote IA32_PKRS, which exists where CPUID offers protection keys for the supervisor's
 * pages. It need not exit, and drops nothing: what is cached has its key.
 *
 * @see Intel SDM Vol. 3A, "Protection Keys"
 */
export function wrmsrPkrs(
  vm: Vm,
  vcpu: Vcpu,
  { value }: CommandOf<'wrmsr-pkrs'>,
  emit: Emit,
): Outcome {
  const { regs } = vcpu;
  if (regs.cpl > 0) return fault('#GP');
  if (l1WantsWrmsr(vcpu)) return reflectExit(vm, vcpu, { reason: 'MSR_WRITE' }, emit);
  if (!offeredFeatures(vm.config).pks || !isFlagWord(value)) return fault('#GP');
  regs.pkrs = flagsIn(value);
  return OK;
}
