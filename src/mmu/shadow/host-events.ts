import type { PageRun } from '../machine/index.js';
import type { Emit, Vm } from '../state/index.js';
import { dropLeaf } from './entries.js';
import { gfnsIn, rmapOf } from './rmap.js';
import { flushRemoteTlbs } from './zap.js';

/**
 * The host takes pages of the guest away: nothing may map them until they are touched again.
 *
 * @see Linux `kvm_unmap_gfn_range()`, arch/x86/kvm/mmu/mmu.c
 */
export function unmapGfnRange(vm: Vm, run: PageRun, emit: Emit): void {
  let flush = false;
  for (const mapped of gfnsIn(vm.shadow, run)) {
    for (const { page, index } of rmapOf(vm.shadow, mapped)) dropLeaf(vm, page, index);
    flush = true;
  }
  if (flush) flushRemoteTlbs(vm, emit);
}
