import {
  bitsOf,
  CAP,
  hasBit,
  VMX_VPID_EXTENT_ALL_CONTEXT,
  VMX_VPID_EXTENT_INDIVIDUAL_ADDR,
  VMX_VPID_EXTENT_SINGLE_NON_GLOBAL,
  VMXERR,
  type Word,
} from '../machine/index.js';
import { VM_SUCCEED, vmFail, vmxPermission } from '../nested/index.js';
import { freeGuestModeRoots } from '../roots/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import { seam } from '../seam.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { flushVpid, flushVpidAddress, vpid02Of } from '../tlb/index.js';
import { fault } from '../vcpu/index.js';
import { isDescribedCanonical, readDescriptor } from './descriptor.js';

/**
 * L1 executed INVVPID. Every vpid12 is mapped onto one hardware VPID, which is flushed whichever
 * one is named; without EPT on the host, L2's roots in the shared MMU go as well.
 *
 * @see Intel SDM Vol. 3C, "INVVPID—Invalidate Translations Based on VPID"
 * @see Linux `handle_invvpid()`, arch/x86/kvm/vmx/nested.c
 */
export function invvpid(vm: Vm, vcpu: Vcpu, command: CommandOf<'invvpid'>, emit: Emit): Outcome {
  const { vpid, eptVpidCap: cap } = vm.config.vmx;
  if (command.encoding !== 'memory') return fault('#UD');
  const isOffered = vpid && hasBit(cap, CAP.INVVPID);
  const stopped = vmxPermission(vm, vcpu, { reason: 'INVVPID', isOffered }, emit);
  if (stopped !== null) return stopped;

  const extent = extentOf(command.type, cap);
  if (extent === null) return vmFail(vcpu, VMXERR.INVALID_OPERAND_TO_INVEPT_INVVPID, emit);
  const unreadable = readDescriptor(vm, vcpu, command, emit);
  if (unreadable !== null) return unreadable;
  if (!isDescriptorValid(vm, vcpu, command, extent)) {
    return vmFail(vcpu, VMXERR.INVALID_OPERAND_TO_INVEPT_INVVPID, emit);
  }
  const vpid02 = nestedVpid02Of(vm, vcpu);
  if (extent === VMX_VPID_EXTENT_INDIVIDUAL_ADDR) {
    flushVpidAddress(vcpu, vpid02, command.gva, emit);
  } else {
    flushVpid(vm, vcpu, vpid02, emit);
  }
  if (vm.config.paging === 'shadow') freeGuestModeRoots(vm, vcpu, emit);
  return VM_SUCCEED;
}

/** @see Linux `nested_get_vpid02()`, arch/x86/kvm/vmx/nested.c */
export const nestedVpid02Of = seam(function nestedVpid02Of(_vm: Vm, vcpu: Vcpu): number {
  return vpid02Of(vcpu);
});

/** The extent, or null if it is not offered. All 64 bits of the register count. */
function extentOf({ page, low }: Word, cap: Word): number | null {
  if (page !== 0 || low > VMX_VPID_EXTENT_SINGLE_NON_GLOBAL) return null;
  return hasBit(cap, CAP.INVVPID_INDIVIDUAL + low) ? low : null;
}

/** The address counts for type 0 alone; it is never masked by LAM. */
function isDescriptorValid(
  vm: Vm,
  vcpu: Vcpu,
  { vpid, gva }: CommandOf<'invvpid'>,
  extent: number,
): boolean {
  if (bitsOf(vpid, { high: 63, low: 16 }) !== 0) return false;
  if (extent === VMX_VPID_EXTENT_ALL_CONTEXT) return true;
  if (vpid.page === 0 && vpid.low === 0) return false;
  if (extent !== VMX_VPID_EXTENT_INDIVIDUAL_ADDR) return true;
  return isDescribedCanonical(vm, vcpu, gva);
}
