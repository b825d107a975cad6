import { offeredFeatures } from '../kernel/index.js';
import { CPU_BASED_USE_MSR_BITMAPS, flagsIn, isFlagWord } from '../machine/index.js';
import { reflectExit } from '../nested/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import { type Emit, hasCpuControl, type Vcpu, type Vm } from '../state/index.js';
import { fault, OK } from '../vcpu/index.js';
import { vmcs12InUse } from './intercepts.js';

/**
 * The guest wrote IA32_PKRS, which exists where CPUID offers protection keys for the supervisor's
 * pages. It need not exit, and drops nothing: what is cached has its key.
 *
 * Without MSR bitmaps every WRMSR of L2 is an exit to L1; a bitmap is taken to be all zeros.
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
  const vmcs12 = vmcs12InUse(vcpu);
  if (vmcs12 !== null && !hasCpuControl(vmcs12, CPU_BASED_USE_MSR_BITMAPS)) {
    return reflectExit(vm, vcpu, { reason: 'MSR_WRITE' }, emit);
  }
  if (!offeredFeatures(vm.config).pks || !isFlagWord(value)) return fault('#GP');
  regs.pkrs = flagsIn(value);
  return OK;
}
