import { VMXERR, wordToNumber } from '../machine/index.js';
import { releaseVmcs12, VM_SUCCEED, vmcs12At, vmFail, vmxPermission } from '../nested/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { hasRegionRevision, isRegionAddress } from './vmcs-address.js';

/**
 * L1 executed VMPTRLD. A VMCS other than the current one displaces it, and `guest_mmu` is emptied:
 * an L1 that alternates two VMCSs gains nothing from the cache of EPT roots.
 *
 * @see Intel SDM Vol. 3C, "VMPTRLD—Load Pointer to Virtual-Machine Control Structure"
 * @see Linux `handle_vmptrld()`, arch/x86/kvm/vmx/nested.c
 */
export function vmptrld(
  vm: Vm,
  vcpu: Vcpu,
  { address, revision }: CommandOf<'vmptrld'>,
  emit: Emit,
): Outcome {
  const stopped = vmxPermission(vm, vcpu, { reason: 'VMPTRLD' }, emit);
  if (stopped !== null) return stopped;
  const { nested } = vcpu;
  if (!isRegionAddress(vm, address)) return vmFail(vcpu, VMXERR.VMPTRLD_INVALID_ADDRESS, emit);
  const gpa = wordToNumber(address);
  if (gpa === nested.vmxon) return vmFail(vcpu, VMXERR.VMPTRLD_VMXON_POINTER, emit);
  if (nested.currentVmcs?.gpa === gpa) return VM_SUCCEED;
  if (!hasRegionRevision(vm, address, revision)) {
    return vmFail(vcpu, VMXERR.VMPTRLD_INCORRECT_VMCS_REVISION_ID, emit);
  }
  releaseVmcs12(vm, vcpu, emit);
  nested.currentVmcs = vmcs12At(vm, vcpu, gpa);
  return VM_SUCCEED;
}
