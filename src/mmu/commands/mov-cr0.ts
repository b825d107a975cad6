import {
  CR0_DEFINED,
  EFER_LMA,
  EFER_LME,
  flagsIn,
  is64BitMode,
  isFlagWord,
  isPae,
  isPaging,
  isPcide,
  type Registers,
  type Word,
  X86_CR0_CD,
  X86_CR0_NW,
  X86_CR0_PE,
  X86_CR0_PG,
  X86_CR0_WP,
  X86_CR4_CET,
} from '../machine/index.js';
import { isValidCr0InVmx, reflectExit } from '../nested/index.js';
import { KVM_REQ, makeRequest } from '../requests/index.js';
import { initMmu, resetContext } from '../roots/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { exitToHost, fault, OK, raise } from '../vcpu/index.js';
import { crQualification, interceptsCr0, l1WantsCr } from './intercepts.js';
import { loadPdptes, loadsPdptes } from './pdptes.js';

/** CR0.ET is hard-wired. */
const X86_CR0_ET = 0x10;

/**
 * The guest executed MOV to CR0.
 *
 * @see Intel SDM Vol. 2B, "MOV—Move to/from Control Registers"
 * @see Linux `kvm_set_cr0()`, arch/x86/kvm/x86.c
 */
export function movCr0(
  vm: Vm,
  vcpu: Vcpu,
  { value, gpr }: CommandOf<'mov-cr0'>,
  emit: Emit,
): Outcome {
  const { regs } = vcpu;
  if (regs.cpl > 0) return fault('#GP');
  const exit = { reason: 'CR_ACCESS', qualification: crQualification({ cr: 0, gpr }) } as const;
  if (l1WantsCr(vcpu, 0, value)) return reflectExit(vm, vcpu, exit, emit);

  const cr0 = ((flagsIn(value) & CR0_DEFINED) | X86_CR0_ET) >>> 0;
  const intercepted = interceptsCr0(vm, vcpu, cr0 ^ regs.cr0);
  if (intercepted) exitToHost(vcpu, exit, emit);
  if (!isCr0Allowed(vcpu, value, cr0)) return raise(vcpu, fault('#GP'), emit);

  const loads = loadsPdptes(regs, { cr0 });
  if (loads && !loadPdptes(vm, vcpu, { cr3: regs.cr3, intercepted }, emit)) {
    return raise(vcpu, fault('#GP'), emit);
  }
  if (intercepted) setCr0(vm, vcpu, cr0, emit);
  else loadCr0(regs, cr0);
  return OK;
}

/** KVM loads CR0 with a value that it may hold. @see Linux `kvm_set_cr0()`, arch/x86/kvm/x86.c */
export function setCr0(vm: Vm, vcpu: Vcpu, cr0: number, emit: Emit): void {
  const old = vcpu.regs.cr0;
  loadCr0(vcpu.regs, cr0);
  postSetCr0(vm, vcpu, old, emit);
}

/**
 * Carries a change of CR0 out on the MMU.
 *
 * @see Linux `kvm_post_set_cr0()`, arch/x86/kvm/x86.c
 */
function postSetCr0(vm: Vm, vcpu: Vcpu, old: number, emit: Emit): void {
  const { rules, config } = vm;
  const changed = old ^ vcpu.regs.cr0;
  const pgOff = (changed & old & X86_CR0_PG) !== 0;
  if ((changed & (X86_CR0_PG | X86_CR0_WP)) === 0) return;

  if ((changed & X86_CR0_PG) === 0) {
    if (rules.wpChange === 'refresh-with-tdp-and-paging' && !isPaging(vcpu.regs)) return;
    if (rules.wpChange !== 'reset' && config.paging === 'ept') {
      initMmu(vm, vcpu);
      return;
    }
  }
  if (pgOff && rules.pgOffFlushesGuest) makeRequest(vm, vcpu, KVM_REQ.TLB_FLUSH_GUEST, emit);
  resetContext(vm, vcpu, emit);
}

/** LMA follows PG where LME is set. */
function loadCr0(regs: Registers, cr0: number): void {
  regs.cr0 = cr0;
  const long = (cr0 & X86_CR0_PG) !== 0 && (regs.efer & EFER_LME) !== 0;
  regs.efer = long ? regs.efer | EFER_LMA : regs.efer & ~EFER_LMA;
}

/**
 * Whether CR0 may hold the value, the PDPTEs aside, which are looked at when they are loaded.
 *
 * @see Intel SDM Vol. 2B, "MOV—Move to/from Control Registers", protected-mode exceptions
 */
function isCr0Allowed(vcpu: Vcpu, value: Word, cr0: number): boolean {
  const { regs } = vcpu;
  const has = (flag: number) => (cr0 & flag) !== 0;
  if (!isFlagWord(value)) return false;
  if (has(X86_CR0_PG) && !has(X86_CR0_PE)) return false;
  if (has(X86_CR0_NW) && !has(X86_CR0_CD)) return false;
  if (!has(X86_CR0_WP) && (regs.cr4 & X86_CR4_CET) !== 0) return false;
  if (!isValidCr0InVmx(vcpu, cr0)) return false;

  if (isPaging(regs) && !has(X86_CR0_PG)) return !is64BitMode(regs) && !isPcide(regs);
  if (!isPaging(regs) && has(X86_CR0_PG) && (regs.efer & EFER_LME) !== 0) {
    return isPae(regs) && !regs.csL;
  }
  return true;
}
