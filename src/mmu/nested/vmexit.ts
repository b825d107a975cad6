import {
  EFER_LMA,
  EFER_LME,
  EXIT_REASON,
  isLongMode,
  isPaePaging,
  VM_ENTRY_IA32E_MODE,
  VM_EXIT_HOST_ADDR_SPACE_SIZE,
  VM_EXIT_LOAD_IA32_EFER,
  VM_EXIT_LOAD_IA32_PKRS,
  VM_EXIT_SAVE_IA32_EFER,
  VMCS,
  type Word,
  wordFromNumber,
  ZERO,
} from '../machine/index.js';
import { clearRequest, KVM_REQ, type ReportedExit } from '../requests/index.js';
import type { Outcome } from '../schema/index.js';
import {
  type Emit,
  eptpOf,
  fieldOf,
  flagsOf,
  hasEntryControl,
  hasExitControl,
  setField,
  type Vcpu,
  type Vm,
  type Vmcs12,
} from '../state/index.js';
import { type Exit, exitToHost, serviceLocalTlbFlushRequests, tripleFault } from '../vcpu/index.js';
import { isVmcsField } from './capabilities.js';
import { nestedLoadCr3 } from './load-cr3.js';
import { transitionTlbFlush } from './tlb-on-transition.js';

/**
 * L2 did something that L1 asked to see: it leaves to KVM, which hands the exit on to L1.
 *
 * @see Linux `nested_vmx_reflect_vmexit()`, arch/x86/kvm/vmx/nested.c
 */
export function reflectExit(vm: Vm, vcpu: Vcpu, exit: Exit, emit: Emit): Outcome {
  if (vcpu.mode === 'guest') exitToHost(vcpu, exit, emit);
  const { reason: name, qualification = ZERO } = exit;
  return nestedVmexit(vm, vcpu, { ...exit, reason: EXIT_REASON[name], name, qualification }, emit);
}

/**
 * L2 leaves to L1. Flushes that L2 is owed are carried out before its context is left; a pending
 * sync is not.
 *
 * @see Linux `nested_vmx_vmexit()`, arch/x86/kvm/vmx/nested.c
 */
export function nestedVmexit(vm: Vm, vcpu: Vcpu, exit: ReportedExit, emit: Emit): Outcome {
  const vmcs12 = vcpu.nested.currentVmcs as Vmcs12;
  clearRequest(vcpu, KVM_REQ.GET_NESTED_STATE_PAGES);
  serviceLocalTlbFlushRequests(vm, vcpu, emit);
  const { reason, name, qualification, gpa, interruption } = exit;
  emit?.(vcpu, { kind: 'vm-exit', from: 'L2', to: 'L1', reason, name, qualification });
  vcpu.nested.guestMode = false;
  saveGuestState(vm, vcpu, vmcs12);
  saveExitInformation(vmcs12, exit);
  if (!loadHostState(vm, vcpu, vmcs12, emit)) return abortVmx(vm, vcpu, emit);
  return {
    kind: 'vm-exit',
    reason,
    qualification,
    ...(gpa === undefined ? {} : { gpa }),
    ...(interruption === undefined ? {} : { interruption }),
  };
}

/**
 * L2 is left for system-management mode, or because the VMM puts other nested state in its place, and
 * L1, whose state is loaded, is not told.
 *
 * @returns False if L1's own PDPTEs cannot be loaded.
 * @see Linux `vmx_enter_smm()`, `vmx_leave_nested()`: `nested_vmx_vmexit(vcpu, -1, 0, 0)`
 */
export function leaveL2Unseen(vm: Vm, vcpu: Vcpu, emit: Emit): boolean {
  const vmcs12 = vcpu.nested.currentVmcs as Vmcs12;
  clearRequest(vcpu, KVM_REQ.GET_NESTED_STATE_PAGES);
  serviceLocalTlbFlushRequests(vm, vcpu, emit);
  vcpu.nested.guestMode = false;
  saveGuestState(vm, vcpu, vmcs12);
  return loadHostState(vm, vcpu, vmcs12, emit);
}

/**
 * Loads L1's state from the host-state area, and with it L1's MMU. Nothing of `guest_mmu` is
 * freed: its roots wait for the next entry.
 *
 * @returns False if L1's own PDPTEs cannot be loaded, which ends VMX operation for good.
 * @see Linux `load_vmcs12_host_state()`, arch/x86/kvm/vmx/nested.c
 */
export function loadHostState(vm: Vm, vcpu: Vcpu, vmcs12: Vmcs12, emit: Emit): boolean {
  const { regs } = vcpu;
  const is64Bit = hasExitControl(vmcs12, VM_EXIT_HOST_ADDR_SPACE_SIZE);
  if (hasExitControl(vmcs12, VM_EXIT_LOAD_IA32_EFER)) {
    regs.efer = flagsOf(vmcs12, VMCS.HOST_IA32_EFER);
  } else {
    regs.efer = is64Bit ? regs.efer | EFER_LMA | EFER_LME : regs.efer & ~(EFER_LMA | EFER_LME);
  }
  regs.cr0 = flagsOf(vmcs12, VMCS.HOST_CR0);
  regs.cr4 = flagsOf(vmcs12, VMCS.HOST_CR4);
  if (hasExitControl(vmcs12, VM_EXIT_LOAD_IA32_PKRS)) {
    regs.pkrs = flagsOf(vmcs12, VMCS.HOST_IA32_PKRS);
  }
  regs.cpl = 0;
  regs.csL = is64Bit;
  regs.vm86 = false;
  vcpu.mmu = vcpu.rootMmu;
  const cr3 = fieldOf(vmcs12, VMCS.HOST_CR3);
  const failure = nestedLoadCr3(vm, vcpu, { cr3, nestedEpt: false, pdptesFrom: 'memory' }, emit);
  transitionTlbFlush(vm, vcpu, { vmcs12, isEntry: false }, emit);
  return failure === null;
}

/**
 * A VMX abort: KVM asks for a triple fault, and the vCPU shuts down before it runs again.
 *
 * @see Intel SDM Vol. 3C, "VMX Aborts"
 * @see Linux `nested_vmx_abort()`, arch/x86/kvm/vmx/nested.c
 */
export function abortVmx(vm: Vm, vcpu: Vcpu, emit: Emit): Outcome {
  return tripleFault(vm, vcpu, emit);
}

/**
 * Tells L1 why L2 left. The event that was to be injected was, so its valid bit goes.
 *
 * @see Intel SDM Vol. 3C, "Recording VM-Exit Information and Updating VM-Entry Control Fields"
 * @see Linux `prepare_vmcs12()`, arch/x86/kvm/vmx/nested.c
 */
function saveExitInformation(vmcs12: Vmcs12, exit: ReportedExit): void {
  recordExit(vmcs12, exit);
  const { gpa, linear, interruption = 0, errorCode } = exit;
  setField(vmcs12, VMCS.VM_EXIT_INTR_INFO, wordFromNumber(interruption));
  setField(vmcs12, VMCS.IDT_VECTORING_INFO_FIELD, ZERO);
  if (errorCode !== undefined) {
    setField(vmcs12, VMCS.VM_EXIT_INTR_ERROR_CODE, wordFromNumber(errorCode));
  }
  if (gpa !== undefined) setField(vmcs12, VMCS.GUEST_PHYSICAL_ADDRESS, wordFromNumber(gpa));
  if (linear !== undefined) setField(vmcs12, VMCS.GUEST_LINEAR_ADDRESS, linear);
  const injected = flagsOf(vmcs12, VMCS.VM_ENTRY_INTR_INFO_FIELD) % 2 ** 31;
  setField(vmcs12, VMCS.VM_ENTRY_INTR_INFO_FIELD, wordFromNumber(injected));
}

/** An entry that failed records these two alone. */
export function recordExit(
  vmcs12: Vmcs12,
  { reason, qualification }: Pick<ReportedExit, 'reason' | 'qualification'>,
): void {
  setField(vmcs12, VMCS.VM_EXIT_REASON, wordFromNumber(reason));
  setField(vmcs12, VMCS.EXIT_QUALIFICATION, qualification);
}

/**
 * Stores the registers that L2 may have changed for L1. Without EPT on the host only KVM knows L2's
 * CR3, and vmcs12 keeps the one that L1 wrote. An L2 on EPT goes on with the PDPTEs that it had, and
 * each in the mode that it went into.
 *
 * @see Linux `sync_vmcs02_to_vmcs12()`, arch/x86/kvm/vmx/nested.c
 */
export function saveGuestState({ config }: Vm, { regs }: Vcpu, vmcs12: Vmcs12): void {
  setField(vmcs12, VMCS.GUEST_CR0, wordFromNumber(regs.cr0));
  setField(vmcs12, VMCS.GUEST_CR4, wordFromNumber(regs.cr4));
  if (config.paging === 'ept') setField(vmcs12, VMCS.GUEST_CR3, regs.cr3);
  if (isPaePaging(regs) && eptpOf(vmcs12) !== null) savePdptes(regs.pdptrs, vmcs12);
  if (isLongMode(regs) !== hasEntryControl(vmcs12, VM_ENTRY_IA32E_MODE)) {
    const controls = (flagsOf(vmcs12, VMCS.VM_ENTRY_CONTROLS) ^ VM_ENTRY_IA32E_MODE) >>> 0;
    setField(vmcs12, VMCS.VM_ENTRY_CONTROLS, wordFromNumber(controls));
  }
  if (hasExitControl(vmcs12, VM_EXIT_SAVE_IA32_EFER)) {
    setField(vmcs12, VMCS.GUEST_IA32_EFER, wordFromNumber(regs.efer));
  }
  // Unlike other MSRs it is saved wherever L2 could have been given it.
  if (config.cpuid.pks && isVmcsField(config, VMCS.GUEST_IA32_PKRS)) {
    setField(vmcs12, VMCS.GUEST_IA32_PKRS, wordFromNumber(regs.pkrs));
  }
}

function savePdptes(pdptes: readonly Word[], vmcs12: Vmcs12): void {
  for (const [i, pdpte] of pdptes.entries()) setField(vmcs12, VMCS.GUEST_PDPTR0 + 2 * i, pdpte);
}
