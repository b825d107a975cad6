import {
  flagsIn,
  isFlagWord,
  isLongMode,
  isPaePaging,
  isWriteProtect,
  type Word,
  X86_CR4_CET,
  X86_CR4_LA57,
  X86_CR4_PAE,
  X86_CR4_PCIDE,
  X86_CR4_PGE,
  X86_CR4_PKE,
  X86_CR4_PSE,
  X86_CR4_SMAP,
  X86_CR4_SMEP,
  X86_CR4_VMXE,
} from '../machine/index.js';
import { cr4Offered, reflectExit } from '../nested/index.js';
import { KVM_REQ, makeRequest } from '../requests/index.js';
import { invalidateRoots, pcideEnabled, resetContext } from '../roots/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import { seam } from '../seam.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { cpuFlush } from '../tlb/index.js';
import { exitToHost, fault, OK, raise } from '../vcpu/index.js';
import { crQualification, interceptsCr4, l1WantsCr } from './intercepts.js';
import { loadPdptes, loadsPdptes } from './pdptes.js';

/** Bits of CR4 that are part of a page role. @see Linux `KVM_MMU_CR4_ROLE_BITS` */
const CR4_ROLE_BITS = X86_CR4_PSE | X86_CR4_PAE | X86_CR4_SMEP | X86_CR4_SMAP | X86_CR4_PKE;

/**
 * The guest executed MOV to CR4.
 *
 * @see Intel SDM Vol. 2B, "MOV—Move to/from Control Registers"
 * @see Linux `kvm_set_cr4()`, arch/x86/kvm/x86.c
 */
export const movCr4 = seam(function movCr4(
  vm: Vm,
  vcpu: Vcpu,
  { value, gpr }: CommandOf<'mov-cr4'>,
  emit: Emit,
): Outcome {
  const { regs } = vcpu;
  if (regs.cpl > 0) return fault('#GP');
  const exit = { reason: 'CR_ACCESS', qualification: crQualification({ cr: 4, gpr }) } as const;
  if (l1WantsCr(vcpu, 4, value)) return reflectExit(vm, vcpu, exit, emit);

  const cr4 = flagsIn(value);
  const old = regs.cr4;
  const intercepted = interceptsCr4(vm, vcpu, cr4 ^ old);
  if (intercepted) exitToHost(vcpu, exit, emit);
  if (!isCr4Allowed(vm, vcpu, value, cr4)) return raise(vcpu, fault('#GP'), emit);

  const loads = loadsPdptes(regs, { cr4 });
  if (loads && !loadPdptes(vm, vcpu, { cr3: regs.cr3, intercepted }, emit)) {
    return raise(vcpu, fault('#GP'), emit);
  }
  if (intercepted) {
    setCr4(vm, vcpu, cr4, emit);
    return OK;
  }
  regs.cr4 = cr4;
  if (((cr4 ^ old) & X86_CR4_PGE) !== 0)
    cpuFlush(vm, vcpu, { scope: 'context', globals: true }, emit);
  return OK;
});

/** KVM loads CR4 with a value that it may hold. @see Linux `kvm_set_cr4()`, arch/x86/kvm/x86.c */
export function setCr4(vm: Vm, vcpu: Vcpu, cr4: number, emit: Emit): void {
  const old = vcpu.regs.cr4;
  vcpu.regs.cr4 = cr4;
  postSetCr4(vm, vcpu, old, emit);
}

/**
 * Carries a change of CR4 out on the MMU. Setting PCIDE flushes nothing, but the roots that it
 * makes reachable must not be stale; clearing it, and toggling PGE, flush everything.
 *
 * @see Linux `kvm_post_set_cr4()`, arch/x86/kvm/x86.c
 */
function postSetCr4(vm: Vm, vcpu: Vcpu, old: number, emit: Emit): void {
  const { cr4 } = vcpu.regs;
  const changed = old ^ cr4;
  const roleBits = CR4_ROLE_BITS | (vm.rules.cr4RoleHasLa57 ? X86_CR4_LA57 : 0);
  if ((changed & roleBits) !== 0) {
    resetContext(vm, vcpu, emit);
    if (!vm.rules.cr4FlushAfterReset) return;
  }
  if (vm.config.paging === 'shadow' && (changed & cr4 & X86_CR4_PCIDE) !== 0) {
    pcideEnabled(vm, vcpu, emit);
  }
  if (flushesEverything(vm, changed, old)) {
    flushEverything(vm, vcpu, emit);
  } else if ((changed & X86_CR4_PAE) !== 0 || (changed & cr4 & X86_CR4_SMEP) !== 0) {
    makeRequest(vm, vcpu, KVM_REQ.TLB_FLUSH_CURRENT, emit);
  }
}

/** Whether a change of CR4 drops what the guest has cached under every PCID. */
export const flushesEverything = seam(function flushesEverything(
  _vm: Vm,
  changed: number,
  old: number,
): boolean {
  return (changed & X86_CR4_PGE) !== 0 || (changed & old & X86_CR4_PCIDE) !== 0;
});

/**
 * The policy either frees every root now, or leaves it to a guest-wide flush at the next entry. What
 * a PAE root leads to came from PDPTEs that were loaded anew: a sync would not reach those, so that
 * a kernel which does not free it where they change has to free it here.
 */
function flushEverything(vm: Vm, vcpu: Vcpu, emit: Emit): void {
  const covers = () => true;
  const mmu = vcpu.rootMmu;
  const freed = invalidateRoots(vm, vcpu, { mmu, by: 'cr4-flush', covers }, emit);
  const isOutdated = isPaePaging(vcpu.regs) && vm.rules.changedPdptes !== 'free-root';
  if (freed || isOutdated) resetContext(vm, vcpu, emit);
  else makeRequest(vm, vcpu, KVM_REQ.TLB_FLUSH_GUEST, emit);
}

/**
 * Whether CR4 may hold the value, the PDPTEs aside, which are looked at when they are loaded.
 *
 * @see Linux `kvm_is_valid_cr4()`, `kvm_set_cr4()`, arch/x86/kvm/x86.c
 */
function isCr4Allowed(vm: Vm, { regs, nested, smm }: Vcpu, value: Word, cr4: number): boolean {
  const changed = cr4 ^ regs.cr4;
  const has = (flag: number) => (cr4 & flag) !== 0;
  if (!isFlagWord(value)) return false;
  if ((cr4 & ~cr4Offered(vm.config)) !== 0) return false;
  if (nested.vmxon !== -1 && !has(X86_CR4_VMXE)) return false;
  if (smm !== null && has(X86_CR4_VMXE)) return false;
  if (has(X86_CR4_CET) && !isWriteProtect(regs)) return false;
  if (isLongMode(regs) && (!has(X86_CR4_PAE) || (changed & X86_CR4_LA57) !== 0)) return false;
  const setsPcide = (changed & cr4 & X86_CR4_PCIDE) !== 0;
  return !setsPcide || (isLongMode(regs) && regs.cr3.low === 0);
}
