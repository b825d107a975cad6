import { VMXERR, wordToNumber } from '../machine/index.js';
import { releaseVmcs12, VM_SUCCEED, vmcs12At, vmFail, vmxPermission } from '../nested/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { isRegionAddress } from './vmcs-address.js';

/**
 * L1 executed VMCLEAR: the VMCS may be launched anew, and is no longer current.
 *
 * @see Intel SDM Vol. 3C, "VMCLEAR—Clear Virtual-Machine Control Structure"
 * @see Linux `handle_vmclear()`, arch/x86/kvm/vmx/nested.c
 */
export function vmclear(
  vm: Vm,
  vcpu: Vcpu,
  { address }: CommandOf<'vmclear'>,
  emit: Emit,
): Outcome {
  const stopped = vmxPermission(vm, vcpu, { reason: 'VMCLEAR' }, emit);
  if (stopped !== null) return stopped;
  const { nested } = vcpu;
  if (!isRegionAddress(vm, address)) return vmFail(vcpu, VMXERR.VMCLEAR_INVALID_ADDRESS, emit);
  const gpa = wordToNumber(address);
  if (gpa === nested.vmxon) return vmFail(vcpu, VMXERR.VMCLEAR_VMXON_POINTER, emit);

  if (nested.currentVmcs?.gpa === gpa) releaseVmcs12(vm, vcpu, emit);
  vmcs12At(vm, vcpu, gpa).launched = false;
  return VM_SUCCEED;
}
