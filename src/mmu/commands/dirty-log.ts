import { kickToHost } from '../requests/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import { flushRemoteTlbs, removeWriteAccess } from '../shadow/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { OK } from '../vcpu/index.js';

/**
 * The VMM turns dirty logging of a memslot on or off. While it is on nothing writable is
 * prefetched. What was writable faults at its next write, or under EPT has its D bit cleared and
 * is logged by the processor (PML).
 *
 * @see Linux `kvm_mmu_slot_apply_flags()`, arch/x86/kvm/x86.c
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
  if (memslot.dirtyLog === enabled) return OK;
  vm.memory.memslots[slot] = { ...memslot, dirtyLog: enabled };
  if (!enabled) return OK;
  if (vm.config.paging === 'ept') flushRemoteTlbs(vm, emit);
  else removeWriteAccess(vm, memslot, emit);
  return OK;
}
