import { offeredFeatures } from '../kernel/index.js';
import {
  EFER_LMA,
  EFER_LME,
  EFER_NX,
  eferAllowed,
  flagsIn,
  isFlagWord,
  isPaging,
} from '../machine/index.js';
import { reflectExit } from '../nested/index.js';
import { resetContext } from '../roots/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { exitToHost, fault, OK, raise } from '../vcpu/index.js';
import { l1WantsWrmsr } from './intercepts.js';

/**
 * The guest wrote IA32_EFER. A write to LMA is ignored: it is computed. NX, and later LME, change
 * what a paging entry means, so the MMU is reset; the architecture lists no flush.
 *
 * @see Linux `set_efer()`, arch/x86/kvm/x86.c
 */
export function wrmsrEfer(
  vm: Vm,
  vcpu: Vcpu,
  { value }: CommandOf<'wrmsr-efer'>,
  emit: Emit,
): Outcome {
  const { regs } = vcpu;
  if (regs.cpl > 0) return fault('#GP');
  if (l1WantsWrmsr(vcpu)) return reflectExit(vm, vcpu, { reason: 'MSR_WRITE' }, emit);
  exitToHost(vcpu, { reason: 'MSR_WRITE' }, emit);

  const written = flagsIn(value);
  const isReserved =
    !isFlagWord(value) || (written & ~eferAllowed(offeredFeatures(vm.config))) !== 0;
  const changesLme = ((written ^ regs.efer) & EFER_LME) !== 0;
  if (isReserved || (changesLme && isPaging(regs))) return raise(vcpu, fault('#GP'), emit);

  setEfer(vm, vcpu, written, emit);
  return OK;
}

/** KVM loads EFER with a value that it may hold; LMA stays. @see Linux `set_efer()` */
export function setEfer(vm: Vm, vcpu: Vcpu, written: number, emit: Emit): void {
  const { regs } = vcpu;
  const old = regs.efer;
  regs.efer = (written & ~EFER_LMA) | (old & EFER_LMA);
  const resetsOn = EFER_NX | (vm.rules.eferLmeResets ? EFER_LME : 0);
  if (((old ^ regs.efer) & resetsOn) !== 0) resetContext(vm, vcpu, emit);
}
