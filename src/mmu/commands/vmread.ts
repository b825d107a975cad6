import {
  bitsOf,
  flagsIn,
  is64BitMode,
  isHighHalf,
  VMXERR,
  wordFromNumber,
} from '../machine/index.js';
import { isVmcsField, vmFail, vmFailInvalid, vmxPermission } from '../nested/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import { type Emit, fieldOf, type Vcpu, type Vm } from '../state/index.js';

/**
 * L1 executed VMREAD. It exits always, as VMWRITE does.
 *
 * @returns The value of the component, cut to 32 bits outside 64-bit mode. Upper halves of 64-bit
 * components have encodings of their own.
 * @see Intel SDM Vol. 3C, "VMREAD—Read Field from Virtual-Machine Control Structure"
 * @see Linux `handle_vmread()`, arch/x86/kvm/vmx/nested.c
 */
export function vmread(vm: Vm, vcpu: Vcpu, { field }: CommandOf<'vmread'>, emit: Emit): Outcome {
  const stopped = vmxPermission(vm, vcpu, { reason: 'VMREAD' }, emit);
  if (stopped !== null) return stopped;
  const { currentVmcs } = vcpu.nested;
  if (currentVmcs === null) return vmFailInvalid(vcpu, emit);
  if (!isVmcsField(vm.config, field)) {
    return vmFail(vcpu, VMXERR.UNSUPPORTED_VMCS_COMPONENT, emit);
  }
  if (isHighHalf(field)) {
    const upper = bitsOf(fieldOf(currentVmcs, field - 1), { high: 63, low: 32 });
    return { kind: 'ok', value: wordFromNumber(upper) };
  }
  const value = fieldOf(currentVmcs, field);
  return {
    kind: 'ok',
    value: is64BitMode(vcpu.regs) ? value : wordFromNumber(flagsIn(value)),
  };
}
