import { offeredFeatures } from '../kernel/index.js';
import {
  EFER_LMA,
  flagsIn,
  isPaePaging,
  isSameWord,
  type Registers,
  type Sregs,
  sregsFlawsOf,
  wordFromNumber,
  X86_CR4_VMXE,
} from '../machine/index.js';
import { isCr4Fixed } from '../nested/index.js';
import { KVM_REQ, kickToHost, makeRequest } from '../requests/index.js';
import { loadPdptrs, resetContext } from '../roots/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { OK } from '../vcpu/index.js';

const EINVAL: Outcome = { kind: 'error', errno: 'EINVAL' };

/**
 * The VMM sets special registers. If any that the MMU depends on changes, every root goes; if none
 * does, none goes. Refused values change nothing.
 *
 * @see Linux `__set_sregs()`, `kvm_is_valid_sregs()`, arch/x86/kvm/x86.c
 */
export function setSregs(vm: Vm, vcpu: Vcpu, command: CommandOf<'set-sregs'>, emit: Emit): Outcome {
  const { regs } = vcpu;
  const sregs: Sregs = {
    cr0: command.cr0 ?? wordFromNumber(regs.cr0),
    cr3: command.cr3 ?? regs.cr3,
    cr4: command.cr4 ?? wordFromNumber(regs.cr4),
    efer: command.efer ?? wordFromNumber(regs.efer),
  };
  const csL = command.csL ?? regs.csL;
  if (!areSregsValid(vm, vcpu, sregs, csL)) return EINVAL;

  kickToHost(vcpu, emit);
  const needsReset = loadSregs(regs, sregs);
  regs.cpl = command.cpl ?? regs.cpl;
  regs.csL = csL;
  regs.vm86 = command.vm86 ?? regs.vm86;
  // The PDPTEs are read anew, whether the call says so or not, and refusing them is too late.
  if (isPaePaging(regs)) loadPdptrs(vm, vcpu, regs.cr3, emit);
  if (!needsReset && !isPaePaging(regs)) return OK;
  resetContext(vm, vcpu, emit);
  if (vm.rules.sregsFlushesGuest) makeRequest(vm, vcpu, KVM_REQ.TLB_FLUSH_GUEST, emit);
  return OK;
}

/**
 * @param csL CS.L, which only long mode has.
 * @see Linux `kvm_is_valid_sregs()`; `vmx_is_valid_cr4()`, arch/x86/kvm/vmx/vmx.c
 */
function areSregsValid(vm: Vm, { nested, smm }: Vcpu, sregs: Sregs, csL: boolean): boolean {
  const limits = {
    maxphyaddr: vm.config.maxphyaddr,
    cpuid: offeredFeatures(vm.config),
    checksEfer: vm.rules.sregsChecksEfer,
  };
  if (sregsFlawsOf(sregs, limits).length > 0) return false;
  if (nested.vmxon !== -1 && !isCr4Fixed(vm, flagsIn(sregs.cr4))) return false;
  if (smm !== null && (flagsIn(sregs.cr4) & X86_CR4_VMXE) !== 0) return false;
  return !csL || (flagsIn(sregs.efer) & EFER_LMA) !== 0;
}

/** @returns Whether any of them changed. */
function loadSregs(regs: Registers, sregs: Sregs): boolean {
  const cr0 = flagsIn(sregs.cr0);
  const cr4 = flagsIn(sregs.cr4);
  const efer = flagsIn(sregs.efer);
  const isSame = cr0 === regs.cr0 && cr4 === regs.cr4 && efer === regs.efer;
  const changes = !isSame || !isSameWord(sregs.cr3, regs.cr3);
  regs.cr0 = cr0;
  regs.cr3 = sregs.cr3;
  regs.cr4 = cr4;
  regs.efer = efer;
  return changes;
}
