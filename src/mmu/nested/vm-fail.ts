import { VMCS, wordFromNumber } from '../machine/index.js';
import type { Outcome } from '../schema/index.js';
import { type Emit, setField, type Vcpu } from '../state/index.js';
import { OK } from '../vcpu/index.js';

/**
 * A VMX instruction failed: VMfailValid with a number where there is a current VMCS, otherwise
 * VMfailInvalid.
 *
 * @param error VM-instruction error number.
 * @see Linux `nested_vmx_fail()`, arch/x86/kvm/vmx/nested.c
 */
export function vmFail(vcpu: Vcpu, error: number, emit: Emit): Outcome {
  const { currentVmcs } = vcpu.nested;
  if (currentVmcs === null) return vmFailInvalid(vcpu, emit);
  setField(currentVmcs, VMCS.VM_INSTRUCTION_ERROR, wordFromNumber(error));
  emit?.(vcpu, { kind: 'vm-fail', error });
  return { kind: 'vm-fail', error };
}

/** @see Linux `nested_vmx_failInvalid()`, arch/x86/kvm/vmx/nested.c */
export function vmFailInvalid(vcpu: Vcpu, emit: Emit): Outcome {
  emit?.(vcpu, { kind: 'vm-fail', error: null });
  return { kind: 'vm-fail', error: null };
}

export const VM_SUCCEED: Outcome = OK;
