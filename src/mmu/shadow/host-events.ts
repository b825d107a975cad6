import type { Memslot } from '../machine/index.js';
import type { Emit, Vm } from '../state/index.js';
import { dropLeaf } from './entries.js';
import { rmapOf, writeProtectGfn } from './rmap.js';
import { flushRemoteTlbs } from './zap.js';

/**
 * The host takes pages of the guest away: nothing may map them until they are touched again.
 *
 * @see Linux `kvm_unmap_gfn_range()`, arch/x86/kvm/mmu/mmu.c
 */
export function unmapGfnRange(
  vm: Vm,
  { gfn, pageCount }: { gfn: number; pageCount: number },
  emit: Emit,
): void {
  let flush = false;
  for (const mapped of [...vm.shadow.rmaps.keys()]) {
    if (mapped < gfn || mapped >= gfn + pageCount) continue;
    for (const { page, index } of rmapOf(vm.shadow, mapped)) dropLeaf(vm, page, index);
    flush = true;
  }
  if (flush) flushRemoteTlbs(vm, emit);
}

/**
 * Dirty logging of a memslot begins: the next write to each of its pages must fault.
 *
 * @see Linux `kvm_mmu_slot_remove_write_access()`, arch/x86/kvm/mmu/mmu.c
 */
export function removeWriteAccess(vm: Vm, { gfn, pageCount }: Memslot, emit: Emit): void {
  let flush = false;
  for (const mapped of vm.shadow.rmaps.keys()) {
    if (mapped < gfn || mapped >= gfn + pageCount) continue;
    if (writeProtectGfn(vm, mapped)) flush = true;
  }
  if (flush) flushRemoteTlbs(vm, emit);
}
