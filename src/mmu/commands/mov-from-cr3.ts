import { CPU_BASED_CR3_STORE_EXITING } from '../machine/index.js';
import { reflectExit } from '../nested/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import { type Emit, hasCpuControl, type Vcpu, type Vm } from '../state/index.js';
import { exitToHost, fault } from '../vcpu/index.js';
import { crQualification, interceptsPaging, vmcs12InUse } from './intercepts.js';

/**
 * The guest executed MOV from CR3.
 *
 * @see Linux `handle_cr()`, arch/x86/kvm/vmx/vmx.c
 */
export function movFromCr3(
  vm: Vm,
  vcpu: Vcpu,
  { gpr }: CommandOf<'mov-from-cr3'>,
  emit: Emit,
): Outcome {
  if (vcpu.regs.cpl > 0) return fault('#GP');
  const qualification = crQualification({ cr: 3, from: true, gpr });
  const exit = { reason: 'CR_ACCESS', qualification } as const;
  const vmcs12 = vmcs12InUse(vcpu);
  if (vmcs12 !== null && hasCpuControl(vmcs12, CPU_BASED_CR3_STORE_EXITING)) {
    return reflectExit(vm, vcpu, exit, emit);
  }
  if (interceptsPaging(vm)) exitToHost(vcpu, exit, emit);
  return { kind: 'ok', value: vcpu.regs.cr3 };
}
