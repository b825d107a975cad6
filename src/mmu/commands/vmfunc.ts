import {
  isSameWord,
  readGuest,
  SECONDARY_EXEC_ENABLE_VMFUNC,
  VMCS,
  VMFUNC_EPTP_ENTRIES,
  VMFUNC_EPTP_SWITCHING,
  type Word,
  wordToNumber,
} from '../machine/index.js';
import { isEptpAccepted, reflectExit } from '../nested/index.js';
import { KVM_REQ, makeRequest } from '../requests/index.js';
import { configureShadowEptMmu, initShadowEptMmu } from '../roots/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import { seam } from '../seam.js';
import {
  type Emit,
  eptpOf,
  fieldOf,
  flagsOf,
  hasSecondaryControl,
  setField,
  type Vcpu,
  type Vm,
  type Vmcs12,
  vpidOf,
} from '../state/index.js';
import { exitToHost, fault, OK } from '../vcpu/index.js';
import { vmcs12InUse } from './intercepts.js';

const VM_FUNCTIONS = 64;

/**
 * L2 executed VMFUNC. Function 0 switches L2 to another EPT of a list that L1 wrote; CR3, VPID and
 * the PDPTE registers stay as they are. What L1 did not allow is an exit to it.
 *
 * @see Intel SDM Vol. 3C, "VM Functions"
 * @see Linux `handle_vmfunc()`, `nested_vmx_eptp_switching()`, arch/x86/kvm/vmx/nested.c
 */
export function vmfunc(
  vm: Vm,
  vcpu: Vcpu,
  { function: leaf, index }: CommandOf<'vmfunc'>,
  emit: Emit,
): Outcome {
  const vmcs12 = vmcs12InUse(vcpu);
  const isEnabled = vmcs12 !== null && hasSecondaryControl(vmcs12, SECONDARY_EXEC_ENABLE_VMFUNC);
  if (!isEnabled || leaf >= VM_FUNCTIONS) return fault('#UD');

  exitToHost(vcpu, { reason: 'VMFUNC' }, emit);
  const functions = flagsOf(vmcs12, VMCS.VM_FUNCTION_CONTROL);
  const eptp =
    leaf === 0 && functions & VMFUNC_EPTP_SWITCHING ? listEntry(vm, vmcs12, index) : null;
  if (eptp === null) return reflectExit(vm, vcpu, { reason: 'VMFUNC' }, emit);
  if (!isSameWord(eptp, eptpOf(vmcs12) as Word)) switchEptp(vm, vcpu, { vmcs12, eptp }, emit);
  return OK;
}

/** The entry of the EPTP list; null if it cannot be read, or VM entry would refuse it. */
function listEntry(vm: Vm, vmcs12: Vmcs12, index: number): Word | null {
  if (index >= VMFUNC_EPTP_ENTRIES) return null;
  const list = wordToNumber(fieldOf(vmcs12, VMCS.EPTP_LIST_ADDRESS));
  const eptp = readGuest(vm.memory, list + 8 * index);
  if (eptp === null) return null;
  const current = eptpOf(vmcs12) as Word;
  return isSameWord(eptp, current) || isEptpAccepted(vm, eptp) ? eptp : null;
}

/** @see Linux `nested_vmx_eptp_switching()`, arch/x86/kvm/vmx/nested.c */
export const switchEptp = seam(function switchEptp(
  vm: Vm,
  vcpu: Vcpu,
  { vmcs12, eptp }: { vmcs12: Vmcs12; eptp: Word },
  emit: Emit,
): void {
  setField(vmcs12, VMCS.EPT_POINTER, eptp);
  if (!vm.rules.vmfuncUsesCache) {
    configureShadowEptMmu(vcpu, eptp);
    makeRequest(vm, vcpu, KVM_REQ.MMU_RELOAD, emit);
    return;
  }
  initShadowEptMmu(vm, vcpu, eptp, emit);
  if (vpidOf(vmcs12) === null) makeRequest(vm, vcpu, KVM_REQ.TLB_FLUSH_GUEST, emit);
});
