import { gfnToGpa, isOfCacheableEntry, tablesIn, type Word, walk } from '../machine/index.js';
import { invalidateFaulted } from '../roots/index.js';
import type { Outcome } from '../schema/index.js';
import { seam } from '../seam.js';
import { fixFault } from '../shadow/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { pageFault, raise } from '../vcpu/index.js';
import { type Request, stopped, type Translation } from './translation.js';

/**
 * KVM handles a page fault of a guest whose tables it shadows: it walks them, and either injects
 * the fault that they ask for or makes what the shadow lacks.
 *
 * @param isPresent Whether the shadow's entry was present.
 * @returns Null if the guest is to try again.
 * @see Linux `kvm_mmu_page_fault()`, `FNAME(page_fault)`
 */
export function handlePageFault(
  vm: Vm,
  vcpu: Vcpu,
  { address, access }: Request,
  isPresent: boolean,
  emit: Emit,
): Translation | null {
  const { maxphyaddr } = vm.config;
  const walked = walk(tablesIn(vm.memory), vcpu.regs, address, { access, maxphyaddr });
  if (walked.kind === 'stopped') throw new Error("L1's tables can always be read");
  if (walked.kind === 'page-fault') {
    return stopped(injectPageFault(vm, vcpu, { errorCode: walked.errorCode, address }, emit));
  }
  const { kind, user } = access;
  const result = fixFault(vm, vcpu, { address, kind, user, isPresent }, walked, emit);
  switch (result) {
    case 'retry':
      return null;
    case 'emulate':
      return { kind: 'emulated', gfn: walked.gfn };
    case 'error':
      return stopped({ kind: 'error', errno: 'EFAULT' });
    case 'read-only':
    case 'mmio':
      return stopped({ kind: 'mmio', gpa: gfnToGpa(walked.gfn) + address.low });
  }
}

/**
 * KVM injects a page fault that it found by walking the guest's tables.
 *
 * @see Linux `kvm_inject_emulated_page_fault()`, arch/x86/kvm/x86.c
 */
export const injectPageFault = seam(function injectPageFault(
  vm: Vm,
  vcpu: Vcpu,
  { errorCode, address }: { errorCode: number; address: Word },
  emit: Emit,
): Outcome {
  if (isOfCacheableEntry(errorCode)) invalidateFaulted(vm, vcpu, address, emit);
  return raise(vcpu, pageFault(errorCode, address), emit);
});
