import { gpaToGfn, PAGE_SIZE } from '../machine/index.js';
import { kickToHost } from '../requests/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import { unmapGfnRange } from '../shadow/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { OK } from '../vcpu/index.js';

/**
 * The host takes pages of the guest away, as for swapping or `MADV_DONTNEED`. What they hold comes
 * back when they are touched.
 *
 * @see Linux `kvm_mmu_notifier_invalidate_range_start()`, virt/kvm/kvm_main.c
 */
export function unmap(vm: Vm, vcpu: Vcpu, { gpa, bytes }: CommandOf<'unmap'>, emit: Emit): Outcome {
  kickToHost(vcpu, emit);
  const gfn = gpaToGfn(gpa);
  const pageCount = Math.ceil((gpa + bytes) / PAGE_SIZE) - gfn;
  unmapGfnRange(vm, { first: gfn, count: pageCount }, emit);
  return OK;
}
