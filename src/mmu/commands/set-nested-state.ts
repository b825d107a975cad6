import { wordToNumber } from '../machine/index.js';
import {
  areControlsValid,
  isHostStateValid,
  leaveL2Unseen,
  releaseVmcs12,
  restoreL2,
  vmcs12At,
} from '../nested/index.js';
import { KVM_REQ, kickToHost, makeRequest } from '../requests/index.js';
import { resetContext } from '../roots/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { OK } from '../vcpu/index.js';
import { isRegionAddress } from './vmcs-address.js';

const EINVAL: Outcome = { kind: 'error', errno: 'EINVAL' };

/**
 * The VMM puts nested state back. Whatever nested state there was is left first, and with it everything
 * that `guest_mmu` holds. State that is refused after that leaves L1 as far as it had come; if L2 was
 * half loaded, L1 is outside VMX operation.
 *
 * @see Linux `vmx_set_nested_state()`, arch/x86/kvm/vmx/nested.c
 */
export function setNestedState(
  vm: Vm,
  vcpu: Vcpu,
  { vmxon, vmcs12, guestMode }: CommandOf<'set-nested-state'>,
  emit: Emit,
): Outcome {
  const { nested } = vcpu;
  const isPlausible =
    vmxon === null
      ? vmcs12 === null && !guestMode
      : vm.config.cpuid.vmx && isRegionAddress(vm, vmxon);
  if (!isPlausible) return EINVAL;

  kickToHost(vcpu, emit);
  if (nested.guestMode && !leaveL2Unseen(vm, vcpu, emit)) {
    makeRequest(vm, vcpu, KVM_REQ.TRIPLE_FAULT, emit);
  }
  freeNested(vm, vcpu, emit);
  if (vmxon === null) return OK;
  nested.vmxon = wordToNumber(vmxon);
  nested.hasRunL2 = false;
  if (vmcs12 === null) return guestMode ? EINVAL : OK;
  const gpa = wordToNumber(vmcs12);
  if (!isRegionAddress(vm, vmcs12) || gpa === nested.vmxon) return EINVAL;
  nested.currentVmcs = vmcs12At(vm, vcpu, gpa);
  return guestMode ? runFromVmcs(vm, vcpu, emit) : OK;
}

function runFromVmcs(vm: Vm, vcpu: Vcpu, emit: Emit): Outcome {
  const { currentVmcs } = vcpu.nested;
  if (currentVmcs === null) return EINVAL;
  if (!areControlsValid(vm, currentVmcs) || !isHostStateValid(vm, currentVmcs)) return EINVAL;
  const end = restoreL2(vm, vcpu, emit);
  if (end === 'restored') return OK;
  if (end === 'half-loaded') {
    vcpu.mmu = vcpu.rootMmu;
    freeNested(vm, vcpu, emit);
    resetContext(vm, vcpu, emit);
  }
  return EINVAL;
}

/** @see Linux `free_nested()`, arch/x86/kvm/vmx/nested.c */
function freeNested(vm: Vm, vcpu: Vcpu, emit: Emit): void {
  releaseVmcs12(vm, vcpu, emit);
  vcpu.nested.vmxon = -1;
  vcpu.nested.lastVpid = 0;
}
