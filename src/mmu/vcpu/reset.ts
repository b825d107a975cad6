import { isPaging, X86_CR0_CD, X86_CR0_NW, ZERO } from '../machine/index.js';
import { KVM_REQ, makeRequest } from '../requests/index.js';
import { resetContext } from '../roots/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';

/** CR0.ET is hard-wired. */
const X86_CR0_ET = 0x10;

/**
 * INIT sets the registers back: the vCPU is in real mode from then on, as after a reset; caching and
 * the rights of protection keys are as they were.
 *
 * @see Intel SDM Vol. 3A, "Processor State After Reset"
 * @see Linux `kvm_vcpu_reset()`, arch/x86/kvm/x86.c
 */
export function resetByInit(vm: Vm, vcpu: Vcpu, emit: Emit): void {
  const { regs } = vcpu;
  const wasPaging = isPaging(regs);
  regs.cr0 = X86_CR0_ET | (regs.cr0 & (X86_CR0_CD | X86_CR0_NW));
  regs.cr3 = ZERO;
  regs.cr4 = 0;
  regs.efer = 0;
  regs.cpl = 0;
  regs.csL = false;
  regs.vm86 = false;
  if (wasPaging) resetContext(vm, vcpu, emit);
  if (vm.rules.initFlushesGuest) makeRequest(vm, vcpu, KVM_REQ.TLB_FLUSH_GUEST, emit);
}

/**
 * Whether an INIT has to wait: in VMX root operation and in system-management mode.
 *
 * @see Intel SDM Vol. 3C, "Software Use of Virtual-Machine Extensions": INIT signals are blocked
 * @see Linux `kvm_apic_init_sipi_allowed()`, `vmx_apic_init_signal_blocked()`
 */
export function isInitBlocked({ nested, smm }: Vcpu): boolean {
  return smm !== null || (nested.vmxon !== -1 && !nested.guestMode);
}

/**
 * The INIT that waits reaches the vCPU, if nothing blocks it any more. For L2 it is an exit to L1, and
 * comes when L2 is about to run.
 *
 * @see Linux `kvm_apic_accept_events()`, arch/x86/kvm/lapic.c
 */
export function takePendingInit(vm: Vm, vcpu: Vcpu, emit: Emit): void {
  if (!vcpu.initPending || isInitBlocked(vcpu) || vcpu.nested.guestMode) return;
  vcpu.initPending = false;
  resetByInit(vm, vcpu, emit);
}
