import { placeMemslot } from '../machine/index.js';
import { kickToHost } from '../requests/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import { flushRemoteTlbs, watchWrites } from '../shadow/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { OK } from '../vcpu/index.js';

/**
 * The VMM turns dirty logging of a memslot on or off. While it is on nothing writable is
 * prefetched. What was writable faults at its next write, or under EPT has its D bit cleared and
 * is logged by the processor (PML). A log that begins with all bits set protects nothing yet, and one
 * of a read-only memslot has nothing to protect.
 *
 * @see Linux `kvm_mmu_slot_apply_flags()`, arch/x86/kvm/x86.c; `kvm_prepare_memory_region()`
 */
export function dirtyLog(
  vm: Vm,
  vcpu: Vcpu,
  { slot, enabled }: CommandOf<'dirty-log'>,
  emit: Emit,
): Outcome {
  const memslot = vm.memory.memslots[slot] ?? null;
  if (memslot === null) return { kind: 'error', errno: 'EINVAL' };
  kickToHost(vcpu, emit);
  if ((memslot.dirty !== null) === enabled) return OK;
  const { gfn, pageCount, readOnly } = memslot;
  const isInitiallySet = vm.config.manualDirtyLogProtect === 'initially-set';
  const atFirst = isInitiallySet ? [{ first: 0, count: pageCount }] : [];
  placeMemslot(vm.memory, slot, { ...memslot, dirty: enabled ? atFirst : null });
  if (!enabled || readOnly || isInitiallySet) return OK;
  const flush = watchWrites(vm, { first: gfn, count: pageCount });
  if (flush || vm.rules.dirtyLogAlwaysFlushes) flushRemoteTlbs(vm, emit);
  return OK;
}
