import {
  bitsOf,
  VMCS,
  VMXERR,
  vmcsFieldNameOf,
  type Word,
  wordFromNumber,
} from '../machine/index.js';
import { VM_SUCCEED, vmFail, vmFailInvalid, vmxPermission } from '../nested/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import { type Emit, setField, type Vcpu, type Vm } from '../state/index.js';

/**
 * L1 executed VMWRITE. With shadow VMCSs, which KVM uses where the processor has them, it does not
 * exit for most fields; the model lets it exit always, which touches no root and no TLB.
 *
 * @see Intel SDM Vol. 3C, "VMWRITE—Write Field to Virtual-Machine Control Structure"
 * @see Linux `handle_vmwrite()`, arch/x86/kvm/vmx/nested.c
 */
export function vmwrite(
  vm: Vm,
  vcpu: Vcpu,
  { field, value }: CommandOf<'vmwrite'>,
  emit: Emit,
): Outcome {
  const stopped = vmxPermission(vm, vcpu, { reason: 'VMWRITE' }, emit);
  if (stopped !== null) return stopped;
  const { currentVmcs } = vcpu.nested;
  if (currentVmcs === null) return vmFailInvalid(vcpu, emit);
  if (!isSupported(vm, field)) return vmFail(vcpu, VMXERR.UNSUPPORTED_VMCS_COMPONENT, emit);
  if (field === VMCS.VM_INSTRUCTION_ERROR) {
    return vmFail(vcpu, VMXERR.VMWRITE_READ_ONLY_VMCS_COMPONENT, emit);
  }
  setField(currentVmcs, field, truncated(field, value));
  return VM_SUCCEED;
}

/** CR3-target values exist up to the count that IA32_VMX_MISC gives. */
function isSupported({ config }: Vm, field: number): boolean {
  const { CR3_TARGET_VALUE0, CR3_TARGET_VALUE3 } = VMCS;
  if (field >= CR3_TARGET_VALUE0 && field <= CR3_TARGET_VALUE3) {
    return (field - CR3_TARGET_VALUE0) / 2 < config.vmx.cr3TargetCountMax;
  }
  return vmcsFieldNameOf(field) !== undefined;
}

/** A component's width is in bits 14:13 of its encoding: 16, 64, 32 bits or natural. */
function truncated(field: number, value: Word): Word {
  const width = (field >> 13) & 3;
  if (width === 1 || width === 3) return value;
  const bits = bitsOf(value, { high: width === 0 ? 15 : 31, low: 0 });
  return wordFromNumber(bits);
}
