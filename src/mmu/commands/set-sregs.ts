import {
  bitsOf,
  cr4Allowed,
  EFER_LMA,
  EFER_LME,
  eferAllowed,
  isLegalCr3,
  isPaePaging,
  isSameWord,
  readPdptes,
  type Word,
  wordFromNumber,
  X86_CR0_CD,
  X86_CR0_NW,
  X86_CR0_PE,
  X86_CR0_PG,
  X86_CR4_PAE,
} from '../machine/index.js';
import { cr4FeaturesOf } from '../nested/index.js';
import { makeRequest } from '../requests/index.js';
import { resetContext } from '../roots/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { OK } from '../vcpu/index.js';

/** The control registers that a call asks for, those it leaves out taken from the vCPU. */
interface Sregs {
  readonly cr0: Word;
  readonly cr3: Word;
  readonly cr4: Word;
  readonly efer: Word;
}

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
  if (!areSregsValid(vm, sregs)) return EINVAL;

  const cr0 = flagsIn(sregs.cr0);
  const cr4 = flagsIn(sregs.cr4);
  const efer = flagsIn(sregs.efer);
  const isSame = cr0 === regs.cr0 && cr4 === regs.cr4 && efer === regs.efer;
  const needsReset = !isSame || !isSameWord(sregs.cr3, regs.cr3);
  regs.cr0 = cr0;
  regs.cr3 = sregs.cr3;
  regs.cr4 = cr4;
  regs.efer = efer;
  regs.cpl = command.cpl ?? regs.cpl;
  regs.csL = command.csL ?? regs.csL;
  regs.vm86 = command.vm86 ?? regs.vm86;
  if (isPaePaging(regs)) regs.pdptrs = readPdptes(vm.memory, regs.cr3);
  vcpu.mode = 'host';
  if (!needsReset) return OK;
  resetContext(vm, vcpu, emit);
  if (vm.rules.sregsFlushesGuest) makeRequest(vcpu, 'TLB_FLUSH_GUEST', emit);
  return OK;
}

function areSregsValid({ config }: Vm, { cr0, cr3, cr4, efer }: Sregs): boolean {
  const high = { high: 63, low: 32 };
  if ([cr0, cr4, efer].some((word) => bitsOf(word, high) !== 0)) return false;
  if (!isCr0Valid(flagsIn(cr0))) return false;
  if ((flagsIn(cr4) & ~cr4Allowed(cr4FeaturesOf(config))) !== 0) return false;
  if ((flagsIn(efer) & ~eferAllowed(config.cpuid.nx)) !== 0) return false;

  const lma = (flagsIn(efer) & EFER_LMA) !== 0;
  const lme = (flagsIn(efer) & EFER_LME) !== 0;
  if (!lme || (flagsIn(cr0) & X86_CR0_PG) === 0) return !lma;
  const { maxphyaddr, cpuid } = config;
  return (
    lma && (flagsIn(cr4) & X86_CR4_PAE) !== 0 && isLegalCr3(cr3, { maxphyaddr, lam: cpuid.lam })
  );
}

/** @see Linux `kvm_is_valid_cr0()`, arch/x86/kvm/x86.c */
function isCr0Valid(cr0: number): boolean {
  const has = (flag: number) => (cr0 & flag) !== 0;
  return (!has(X86_CR0_NW) || has(X86_CR0_CD)) && (!has(X86_CR0_PG) || has(X86_CR0_PE));
}

function flagsIn(word: Word): number {
  return bitsOf(word, { high: 31, low: 0 });
}
