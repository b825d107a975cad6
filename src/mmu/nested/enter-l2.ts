import {
  EFER_LMA,
  EFER_LME,
  EXIT_REASON,
  VM_ENTRY_IA32E_MODE,
  VM_ENTRY_LOAD_IA32_EFER,
  VM_ENTRY_LOAD_IA32_PKRS,
  VMCS,
  wordFromNumber,
  X86_EFLAGS_VM,
} from '../machine/index.js';
import { KVM_REQ, leaveGuest, makeRequest, type ReportedExit } from '../requests/index.js';
import { initShadowEptMmu } from '../roots/index.js';
import type { Outcome } from '../schema/index.js';
import {
  type Emit,
  eptpOf,
  fieldOf,
  flagsOf,
  hasEntryControl,
  type Vcpu,
  type Vm,
  type Vmcs12,
} from '../state/index.js';
import { serviceLocalTlbFlushRequests } from '../vcpu/index.js';
import { guestCplOf, isGuestCs64Bit } from './check-guest-segments.js';
import { checkGuestState, isGuestStateAccepted } from './check-guest-state.js';
import { ENTRY_FAIL_DEFAULT, nestedLoadCr3 } from './load-cr3.js';
import { runGuest } from './run.js';
import { transitionTlbFlush } from './tlb-on-transition.js';
import { VM_SUCCEED } from './vm-fail.js';
import { abortVmx, loadHostState, recordExit } from './vmexit.js';

/** Bit 31 of the exit reason: the VM entry itself failed. */
const VMX_EXIT_REASONS_FAILED_VMENTRY = 2 ** 31;

/**
 * L1 enters L2. Flushes that L1 is owed are carried out before its context is left; a pending sync
 * is not. A bad CR3 is noticed only after the switch of `guest_mmu`, whose requests then stand; and
 * what KVM leaves to the processor to check, only when L2 is to run, with its root loaded.
 *
 * @see Linux `nested_vmx_enter_non_root_mode()`, `prepare_vmcs02()`, arch/x86/kvm/vmx/nested.c
 */
export function enterL2(vm: Vm, vcpu: Vcpu, vmcs12: Vmcs12, emit: Emit): Outcome {
  serviceLocalTlbFlushRequests(vm, vcpu, emit);
  if (!vcpu.nested.hasRunL2) {
    vcpu.nested.hasRunL2 = true;
    makeRequest(vm, vcpu, KVM_REQ.TLB_FLUSH, emit);
  }
  const early = checkGuestState(vm, vmcs12);
  if (early !== null) return failEntry(vm, vcpu, { vmcs12, qualification: early }, emit);

  vcpu.nested.guestMode = true;
  const late = loadGuestState(vm, vcpu, { vmcs12, isRestored: false }, emit);
  if (late !== null) {
    if (vm.rules.failedEntryFlushes) serviceLocalTlbFlushRequests(vm, vcpu, emit);
    vcpu.nested.guestMode = false;
    return failEntry(vm, vcpu, { vmcs12, qualification: late }, emit);
  }
  return isGuestStateAccepted(vm, vmcs12) ? VM_SUCCEED : refuseEntry(vm, vcpu, vmcs12, emit);
}

/**
 * L2 goes on after system-management mode, with the state that was saved in its VMCS. What VM entry
 * checks of it, KVM has checked.
 *
 * @returns False if its CR3 or PDPTEs cannot be loaded.
 * @see Linux `vmx_leave_smm()`: `nested_vmx_enter_non_root_mode(vcpu, false)`
 */
export function resumeL2AfterSmm(vm: Vm, vcpu: Vcpu, emit: Emit): boolean {
  serviceLocalTlbFlushRequests(vm, vcpu, emit);
  vcpu.nested.guestMode = true;
  const vmcs12 = vcpu.nested.currentVmcs as Vmcs12;
  if (loadGuestState(vm, vcpu, { vmcs12, isRestored: true }, emit) === null) {
    makeRequest(vm, vcpu, KVM_REQ.GET_NESTED_STATE_PAGES, emit);
    return true;
  }
  vcpu.nested.guestMode = false;
  return false;
}

/**
 * L2 goes on where the VMM put it, with the state of the current VMCS, whose fields are checked as a VM
 * entry checks them.
 *
 * @returns Whether it does; else whether its registers were loaded in part.
 * @see Linux `vmx_set_nested_state()`, arch/x86/kvm/vmx/nested.c
 */
export function restoreL2(vm: Vm, vcpu: Vcpu, emit: Emit): 'restored' | 'refused' | 'half-loaded' {
  const { nested } = vcpu;
  const vmcs12 = nested.currentVmcs as Vmcs12;
  if (checkGuestState(vm, vmcs12) !== null || !isGuestStateAccepted(vm, vmcs12)) return 'refused';
  serviceLocalTlbFlushRequests(vm, vcpu, emit);
  nested.hasRunL2 = true;
  makeRequest(vm, vcpu, KVM_REQ.TLB_FLUSH, emit);
  if (resumeL2AfterSmm(vm, vcpu, emit)) return 'restored';
  if (vm.rules.failedEntryFlushes) serviceLocalTlbFlushRequests(vm, vcpu, emit);
  return 'half-loaded';
}

/** @returns Null, or the qualification of the entry failure. */
function loadGuestState(
  vm: Vm,
  vcpu: Vcpu,
  { vmcs12, isRestored }: { vmcs12: Vmcs12; isRestored: boolean },
  emit: Emit,
): number | null {
  const { regs } = vcpu;
  transitionTlbFlush(vm, vcpu, { vmcs12, isEntry: true }, emit);
  const eptp = vm.config.paging === 'ept' ? eptpOf(vmcs12) : null;
  if (eptp !== null) {
    vcpu.mmu = vcpu.guestMmu;
    initShadowEptMmu(vm, vcpu, eptp, emit);
  }
  const isLong = hasEntryControl(vmcs12, VM_ENTRY_IA32E_MODE);
  regs.cr0 = flagsOf(vmcs12, VMCS.GUEST_CR0);
  regs.cr4 = flagsOf(vmcs12, VMCS.GUEST_CR4);
  if (hasEntryControl(vmcs12, VM_ENTRY_LOAD_IA32_EFER)) {
    regs.efer = flagsOf(vmcs12, VMCS.GUEST_IA32_EFER);
  } else {
    regs.efer = isLong ? regs.efer | EFER_LMA | EFER_LME : regs.efer & ~(EFER_LMA | EFER_LME);
  }
  if (hasEntryControl(vmcs12, VM_ENTRY_LOAD_IA32_PKRS)) {
    regs.pkrs = flagsOf(vmcs12, VMCS.GUEST_IA32_PKRS);
  }
  regs.cpl = guestCplOf(vmcs12);
  regs.csL = isLong && isGuestCs64Bit(vmcs12);
  regs.vm86 = (flagsOf(vmcs12, VMCS.GUEST_RFLAGS) & X86_EFLAGS_VM) !== 0;
  const cr3 = fieldOf(vmcs12, VMCS.GUEST_CR3);
  const inMemory = isRestored && vm.rules.restoredPdptes === 'by-request' ? 'later' : 'memory';
  const pdptesFrom = eptp === null ? inMemory : vmcs12;
  return nestedLoadCr3(vm, vcpu, { cr3, nestedEpt: eptp !== null, pdptesFrom }, emit);
}

/**
 * The processor refuses to run L2, which KVM was about to let it do: an exit like others, but that of
 * L2 nothing is saved.
 *
 * @see Linux `nested_vmx_vmexit()`, `prepare_vmcs12()`: VMX_EXIT_REASONS_FAILED_VMENTRY
 */
function refuseEntry(vm: Vm, vcpu: Vcpu, vmcs12: Vmcs12, emit: Emit): Outcome {
  const ended = runGuest(vm, vcpu, emit);
  if (ended !== null) return ended;
  leaveGuest(vcpu, failureOf(ENTRY_FAIL_DEFAULT), emit);
  serviceLocalTlbFlushRequests(vm, vcpu, emit);
  vcpu.nested.guestMode = false;
  return failEntry(vm, vcpu, { vmcs12, qualification: ENTRY_FAIL_DEFAULT }, emit);
}

/** The entry failed after the checks on controls: L1 sees an exit, with its host state loaded. */
function failEntry(
  vm: Vm,
  vcpu: Vcpu,
  { vmcs12, qualification }: { vmcs12: Vmcs12; qualification: number },
  emit: Emit,
): Outcome {
  const exit = failureOf(qualification);
  emit?.(vcpu, { kind: 'vm-exit', from: 'L2', to: 'L1', ...exit });
  recordExit(vmcs12, exit);
  if (!loadHostState(vm, vcpu, vmcs12, emit)) return abortVmx(vm, vcpu, emit);
  return { kind: 'vm-exit', reason: exit.reason, qualification: exit.qualification };
}

function failureOf(qualification: number): ReportedExit {
  return {
    reason: VMX_EXIT_REASONS_FAILED_VMENTRY + EXIT_REASON.INVALID_STATE,
    name: 'INVALID_STATE',
    qualification: wordFromNumber(qualification),
  };
}
