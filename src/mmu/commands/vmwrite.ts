import {
  bitsOf,
  flagsIn,
  is64BitMode,
  isExitInformation,
  isHighHalf,
  VMXERR,
  vmcsFieldWidth,
  type Word,
  wordFromNumber,
} from '../machine/index.js';
import { isVmcsField, VM_SUCCEED, vmFail, vmFailInvalid, vmxPermission } from '../nested/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import { type Emit, fieldOf, setField, type Vcpu, type Vm } from '../state/index.js';

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
  if (!isVmcsField(vm.config, field)) {
    return vmFail(vcpu, VMXERR.UNSUPPORTED_VMCS_COMPONENT, emit);
  }
  if (isExitInformation(field) && !vm.config.vmx.vmwriteAnyField) {
    return vmFail(vcpu, VMXERR.VMWRITE_READ_ONLY_VMCS_COMPONENT, emit);
  }
  const operand = is64BitMode(vcpu.regs) ? value : wordFromNumber(flagsIn(value));
  if (isHighHalf(field)) {
    const whole = field - 1;
    setField(currentVmcs, whole, withUpperHalf(fieldOf(currentVmcs, whole), flagsIn(operand)));
  } else {
    setField(currentVmcs, field, truncated(field, operand));
  }
  return VM_SUCCEED;
}

function withUpperHalf(whole: Word, upper: number): Word {
  const kept = bitsOf(whole, { high: 31, low: 12 });
  return { page: upper * 2 ** 20 + kept, low: whole.low };
}

/** A component keeps as many bits as it is wide. */
function truncated(field: number, value: Word): Word {
  const width = vmcsFieldWidth(field);
  return width === 64 ? value : wordFromNumber(bitsOf(value, { high: width - 1, low: 0 }));
}
