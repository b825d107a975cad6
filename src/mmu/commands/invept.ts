import {
  CAP,
  hasBit,
  VMX_EPT_EXTENT_CONTEXT,
  VMX_EPT_EXTENT_GLOBAL,
  VMXERR,
  type Word,
} from '../machine/index.js';
import {
  isEptOffered,
  isEptpAccepted,
  VM_SUCCEED,
  vmFail,
  vmxPermission,
} from '../nested/index.js';
import { invalidateEpt } from '../roots/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import { seam } from '../seam.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { fault } from '../vcpu/index.js';
import { readDescriptor } from './descriptor.js';

/**
 * L1 executed INVEPT. It runs in L1's context, so nothing of `guest_mmu` can be synced here: its
 * roots are freed, or marked and left to the next entry to L2.
 *
 * An invalid operand is not an error of ours. It is VMfail, which the guest sees: an outcome.
 *
 * @see Intel SDM Vol. 3C, "INVEPT—Invalidate Translations Derived from EPT"
 * @see Linux `handle_invept()`, arch/x86/kvm/vmx/nested.c
 */
export const invept = seam(function invept(
  vm: Vm,
  vcpu: Vcpu,
  command: CommandOf<'invept'>,
  emit: Emit,
): Outcome {
  const { eptVpidCap: cap } = vm.config.vmx;
  if (command.encoding !== 'memory') return fault('#UD');
  const isOffered = isEptOffered(vm.config) && hasBit(cap, CAP.INVEPT);
  const stopped = vmxPermission(vm, vcpu, { reason: 'INVEPT', isOffered }, emit);
  if (stopped !== null) return stopped;

  const extent = extentOf(command.type, cap);
  if (extent === null) return vmFail(vcpu, VMXERR.INVALID_OPERAND_TO_INVEPT_INVVPID, emit);
  const unreadable = readDescriptor(vm, vcpu, command, emit);
  if (unreadable !== null) return unreadable;

  const isSingle = extent === VMX_EPT_EXTENT_CONTEXT;
  if (isSingle && !isEptpAccepted(vm, command.eptp)) {
    return vmFail(vcpu, VMXERR.INVALID_OPERAND_TO_INVEPT_INVVPID, emit);
  }
  invalidateEpt(vm, vcpu, isSingle ? command.eptp : null, emit);
  return VM_SUCCEED;
});

/** The extent, or null if it is not offered. All 64 bits of the register count. */
function extentOf({ page, low }: Word, cap: Word): number | null {
  if (page !== 0) return null;
  if (low === VMX_EPT_EXTENT_CONTEXT) return hasBit(cap, CAP.EXTENT_CONTEXT) ? low : null;
  if (low === VMX_EPT_EXTENT_GLOBAL) return hasBit(cap, CAP.EXTENT_GLOBAL) ? low : null;
  return null;
}
