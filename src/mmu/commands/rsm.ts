import {
  EFER_LMA,
  isProtected,
  X86_CR0_PE,
  X86_CR0_PG,
  X86_CR4_PAE,
  X86_CR4_PCIDE,
} from '../machine/index.js';
import { resumeL2AfterSmm } from '../nested/index.js';
import { loadPdptrs, resetContext } from '../roots/index.js';
import type { Outcome } from '../schema/index.js';
import type { Emit, SavedForSmm, Vcpu, Vm } from '../state/index.js';
import { exitToHost, fault, OK, takePendingInit, tripleFault } from '../vcpu/index.js';
import { setCr0 } from './mov-cr0.js';
import { setCr3 } from './mov-cr3.js';
import { setCr4 } from './mov-cr4.js';
import { loadsPdptes } from './pdptes.js';
import { setEfer } from './wrmsr-efer.js';

/**
 * The guest executed RSM, which KVM emulates: it goes back to real mode, re-enters L2 if that is where
 * the SMI came, and loads the registers that were saved, one after another. Outside system-management
 * mode it is #UD.
 *
 * @see Intel SDM Vol. 2B, "RSM—Resume From System Management Mode"
 * @see Linux `emulator_leave_smm()`, arch/x86/kvm/smm.c; `vmx_leave_smm()`, arch/x86/kvm/vmx/vmx.c
 */
export function rsm(vm: Vm, vcpu: Vcpu, emit: Emit): Outcome {
  const { smm: saved, nested } = vcpu;
  if (saved === null) return fault('#UD');
  exitToHost(vcpu, { reason: 'EXCEPTION_NMI' }, emit);
  vcpu.smm = null;
  resetContext(vm, vcpu, emit);
  goToRealMode(vm, vcpu, emit);
  nested.vmxon = saved.vmxon;
  const isInPlace = !saved.guestMode || resumeL2AfterSmm(vm, vcpu, emit);
  if (!isInPlace || !restore(vm, vcpu, saved, emit)) return tripleFault(vm, vcpu, emit);
  takePendingInit(vm, vcpu, emit);
  return OK;
}

/** The handler may have turned paging on. PCIDE cannot outlive it, nor PAE a change of EFER.LME. */
function goToRealMode(vm: Vm, vcpu: Vcpu, emit: Emit): void {
  const { regs } = vcpu;
  if ((regs.cr4 & X86_CR4_PCIDE) !== 0) setCr4(vm, vcpu, regs.cr4 & ~X86_CR4_PCIDE, emit);
  if (isProtected(regs)) setCr0(vm, vcpu, (regs.cr0 & ~(X86_CR0_PG | X86_CR0_PE)) >>> 0, emit);
  if ((regs.cr4 & X86_CR4_PAE) !== 0) setCr4(vm, vcpu, regs.cr4 & ~X86_CR4_PAE, emit);
  setEfer(vm, vcpu, 0, emit);
}

/**
 * Loads the saved registers in an order in which each may hold its value: PCIDE, and the PCID with
 * it, only once long mode is active.
 *
 * @returns False if the PDPTEs cannot be loaded.
 * @see Linux `rsm_enter_protected_mode()`, arch/x86/kvm/smm.c
 */
function restore(vm: Vm, vcpu: Vcpu, saved: SavedForSmm, emit: Emit): boolean {
  const { regs } = vcpu;
  const { cr0, cr3, cr4 } = saved;
  const pcide = (cr4 & X86_CR4_PCIDE) !== 0;
  regs.cpl = saved.cpl;
  regs.csL = saved.csL;
  regs.vm86 = saved.vm86;
  setEfer(vm, vcpu, saved.efer & ~EFER_LMA, emit);
  const load = { flush: true, pdptesChanged: false };
  setCr3(vm, vcpu, { ...load, cr3: pcide ? { ...cr3, low: 0 } : cr3 }, emit);
  setCr4(vm, vcpu, cr4 & ~X86_CR4_PCIDE, emit);
  if (loadsPdptes(regs, { cr0 }) && !loadPdptrs(vm, vcpu, regs.cr3, emit)) return false;
  setCr0(vm, vcpu, cr0, emit);
  if (!pcide) return true;
  setCr4(vm, vcpu, cr4, emit);
  if (cr3.low !== 0) setCr3(vm, vcpu, { ...load, cr3 }, emit);
  return true;
}
