import { kickToHost } from '../requests/index.js';
import { freeRoots as freeRootsOf, ROOTS_ALL, rootMaskOf } from '../roots/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { OK } from '../vcpu/index.js';

/**
 * KVM frees roots of one MMU: those that are named, or all of them.
 *
 * @see Linux `kvm_mmu_free_roots()`, arch/x86/kvm/mmu/mmu.c
 */
export function freeRoots(
  vm: Vm,
  vcpu: Vcpu,
  { mmu, roots }: CommandOf<'free-roots'>,
  emit: Emit,
): Outcome {
  const mask =
    roots.length === 0 ? ROOTS_ALL : roots.reduce((sum, slot) => sum | rootMaskOf(slot), 0);
  kickToHost(vcpu, emit);
  const meant = mmu === 'root' ? vcpu.rootMmu : vcpu.guestMmu;
  freeRootsOf(vm, vcpu, meant, { roots: mask, cause: 'free-roots' }, emit);
  return OK;
}
