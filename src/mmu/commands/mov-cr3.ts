import {
  arePdptesSame,
  isLegalCr3,
  isNoFlush,
  isPaePaging,
  isPcide,
  isSameWord,
  pcidOf,
  type Word,
  withoutNoFlush,
} from '../machine/index.js';
import { reflectExit } from '../nested/index.js';
import { ALL_DUES, NO_DUES } from '../policies/index.js';
import { KVM_REQ, makeRequest } from '../requests/index.js';
import { invalidatePcid, switchCr3, syncRoots } from '../roots/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import { seam } from '../seam.js';
import { type Emit, hasLam, type Vcpu, type Vm } from '../state/index.js';
import { cpuFlush } from '../tlb/index.js';
import { exitToHost, fault, OK, raise } from '../vcpu/index.js';
import { crQualification, interceptsPaging, l1WantsCr3Load } from './intercepts.js';
import { loadPdptes } from './pdptes.js';

/**
 * The guest executed MOV to CR3. With PCIDE set, bit 63 of the operand asks for no flush and is
 * never stored. The switch comes first, so the PCID that is invalidated is the new one.
 *
 * @see Intel SDM Vol. 2B, "MOV—Move to/from Control Registers"
 * @see Linux `kvm_set_cr3()`, arch/x86/kvm/x86.c
 */
export function movCr3(
  vm: Vm,
  vcpu: Vcpu,
  { value, gpr }: CommandOf<'mov-cr3'>,
  emit: Emit,
): Outcome {
  const { regs } = vcpu;
  if (regs.cpl > 0) return fault('#GP');
  const exit = { reason: 'CR_ACCESS', qualification: crQualification({ cr: 3, gpr }) } as const;
  if (l1WantsCr3Load(vcpu, value)) return reflectExit(vm, vcpu, exit, emit);

  const intercepted = interceptsPaging(vm);
  if (intercepted) exitToHost(vcpu, exit, emit);
  const pcide = isPcide(regs);
  const flush = !(pcide && isNoFlush(value));
  const cr3 = pcide ? loadedCr3(vm, value) : value;
  if (!isLegalCr3(cr3, { maxphyaddr: vm.config.maxphyaddr, lam: hasLam(vm) })) {
    return raise(vcpu, fault('#GP'), emit);
  }
  const before = regs.pdptrs;
  if (isPaePaging(regs) && !loadPdptes(vm, vcpu, { cr3, intercepted }, emit)) {
    return raise(vcpu, fault('#GP'), emit);
  }
  if (intercepted) {
    setCr3(vm, vcpu, { cr3, flush, pdptesChanged: !arePdptesSame(before, regs.pdptrs) }, emit);
    return OK;
  }
  regs.cr3 = cr3;
  if (flush) cpuFlush(vm, vcpu, { scope: 'pcid', pcid: pcidOf(cr3, pcide), globals: false }, emit);
  return OK;
}

/** CR3 after the load of an operand, whose bit 63 asks for no flush. */
export const loadedCr3 = seam(function loadedCr3(_vm: Vm, value: Word): Word {
  return withoutNoFlush(value);
});

/** KVM loads CR3 with a value that it may hold. @see Linux `kvm_set_cr3()`, arch/x86/kvm/x86.c */
export function setCr3(
  vm: Vm,
  vcpu: Vcpu,
  { cr3, flush, pdptesChanged }: { cr3: Word; flush: boolean; pdptesChanged: boolean },
  emit: Emit,
): void {
  const { regs } = vcpu;
  const switches = vm.rules.changedPdptes === 'switch' && pdptesChanged;
  const isSame = isSameWord(cr3, regs.cr3) && !switches;
  if (!isSame) {
    const unskipped = vm.rules.syncOnHitUnlessSkipped && flush ? ALL_DUES : NO_DUES;
    switchCr3(vm, vcpu, cr3, { init: false, unskipped }, emit);
    regs.cr3 = cr3;
  }
  if (flush) handleTlbFlush(vm, vcpu, isSame, emit);
}

/**
 * A flush by MOV CR3, once CR3 is switched.
 *
 * @param isSame Whether CR3 held the value already.
 * @see Linux `kvm_set_cr3()`, label `handle_tlb_flush`, arch/x86/kvm/x86.c
 */
export const handleTlbFlush = seam(function handleTlbFlush(
  vm: Vm,
  vcpu: Vcpu,
  isSame: boolean,
  emit: Emit,
): void {
  const { cr3 } = vcpu.regs;
  if (vm.rules.movCr3ReachesCachedRoots) {
    const pcid = pcidOf(cr3, isPcide(vcpu.regs));
    invalidatePcid(vm, vcpu, { pcid, by: 'mov-cr3' }, emit);
  } else if (isSame) {
    syncRoots(vm, vcpu, emit);
    makeRequest(vm, vcpu, KVM_REQ.TLB_FLUSH_CURRENT, emit);
  }
});
