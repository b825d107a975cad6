import { takePages } from '../machine/index.js';
import { kickToHost } from '../requests/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import { usesPml } from '../shadow/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { logAgain } from './clear-dirty-log.js';

/**
 * The VMM asks which pages of a memslot are dirty. Unless it clears them by itself, they are clean from
 * now on: the next write to each is noticed again, and if there were any every TLB is flushed. Where
 * the processor logs, every vCPU is kicked first, so that its log is read.
 *
 * @returns With the dirty pages, as runs in rising order.
 * @see Linux `kvm_get_dirty_log_protect()`, virt/kvm/kvm_main.c; `kvm_arch_sync_dirty_log()`
 */
export function getDirtyLog(
  vm: Vm,
  vcpu: Vcpu,
  { slot }: CommandOf<'get-dirty-log'>,
  emit: Emit,
): Outcome {
  const memslot = vm.memory.memslots[slot] ?? null;
  if (memslot?.dirty == null) return { kind: 'error', errno: 'ENOENT' };
  for (const one of usesPml(vm) ? vm.vcpus : [vcpu]) kickToHost(one, emit);
  if (vm.config.manualDirtyLogProtect !== 'off') return { kind: 'ok', dirty: [...memslot.dirty] };
  const dirty = takePages(memslot.dirty, { first: 0, count: memslot.pageCount });
  logAgain(vm, memslot, dirty, emit);
  return { kind: 'ok', dirty };
}
