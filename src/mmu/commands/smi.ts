import { X86_CR0_EM, X86_CR0_PE, X86_CR0_PG, X86_CR0_TS } from '../machine/index.js';
import { leaveL2Unseen } from '../nested/index.js';
import { kickToHost } from '../requests/index.js';
import { resetContext } from '../roots/index.js';
import type { Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { OK, tripleFault } from '../vcpu/index.js';

/**
 * An SMI reaches the vCPU, which enters system-management mode: without paging, and outside VMX
 * operation. L1 is not told that its L2 was left. Every root goes.
 *
 * @see Intel SDM Vol. 3C, "SMI Handler Execution Environment"
 * @see Linux `enter_smm()`, arch/x86/kvm/smm.c; `vmx_enter_smm()`, arch/x86/kvm/vmx/vmx.c
 */
export function smi(vm: Vm, vcpu: Vcpu, emit: Emit): Outcome {
  kickToHost(vcpu, emit);
  const { regs, nested } = vcpu;
  const { cr0, cr3, cr4, efer, cpl, csL, vm86 } = regs;
  const { vmxon, guestMode } = nested;
  const saved = { cr0, cr3, cr4, efer, cpl, csL, vm86, vmxon, guestMode };
  if (guestMode && !leaveL2Unseen(vm, vcpu, emit)) return tripleFault(vm, vcpu, emit);
  nested.vmxon = -1;
  vcpu.smm = saved;
  regs.cr0 = (regs.cr0 & ~(X86_CR0_PE | X86_CR0_EM | X86_CR0_TS | X86_CR0_PG)) >>> 0;
  regs.cr4 = 0;
  regs.efer = 0;
  regs.cpl = 0;
  regs.csL = false;
  regs.vm86 = false;
  resetContext(vm, vcpu, emit);
  return OK;
}
