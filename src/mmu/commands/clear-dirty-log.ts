import { type Memslot, type PageRun, takePages } from '../machine/index.js';
import { kickToHost } from '../requests/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import { flushRemoteTlbs, usesPml, watchWrites } from '../shadow/index.js';
import { CommandRefused, type Emit, type Vcpu, type Vm } from '../state/index.js';
import { OK } from '../vcpu/index.js';

/** Pages of a word of KVM's bitmap. */
const BITS_PER_LONG = 64;

/**
 * The VMM has dirty pages of a memslot logged again, a part at a time. Only those of them that are
 * dirty count, and every TLB is flushed if there is one.
 *
 * @throws {CommandRefused} If a page is named outside the part.
 * @see Linux `kvm_clear_dirty_log_protect()`, virt/kvm/kvm_main.c
 */
export function clearDirtyLog(
  vm: Vm,
  vcpu: Vcpu,
  { slot, firstPage, pages, dirty }: CommandOf<'clear-dirty-log'>,
  emit: Emit,
): Outcome {
  const part = { first: firstPage, count: pages };
  const stray = dirty?.find((run) => !isWithin(run, part));
  if (stray !== undefined) {
    throw new CommandRefused(
      `Cannot run "clear-dirty-log": page ${stray.first} begins a run that is not within the part`,
    );
  }
  if (firstPage % BITS_PER_LONG !== 0) return { kind: 'error', errno: 'EINVAL' };
  const memslot = vm.memory.memslots[slot] ?? null;
  if (memslot?.dirty == null) return { kind: 'error', errno: 'ENOENT' };
  const rest = memslot.pageCount - firstPage;
  if (pages > rest || (pages < rest && pages % BITS_PER_LONG !== 0)) {
    return { kind: 'error', errno: 'EINVAL' };
  }
  for (const one of usesPml(vm) ? vm.vcpus : [vcpu]) kickToHost(one, emit);
  const log = memslot.dirty;
  logAgain(
    vm,
    memslot,
    (dirty ?? [part]).flatMap((run) => takePages(log, run)),
    emit,
  );
  return OK;
}

/** Pages of a memslot are clean now: the next write to each of them is noticed again. */
export function logAgain(vm: Vm, { gfn }: Memslot, runs: readonly PageRun[], emit: Emit): void {
  for (const { first, count } of runs) watchWrites(vm, { first: gfn + first, count });
  if (runs.length > 0) flushRemoteTlbs(vm, emit);
}

function isWithin({ first, count }: PageRun, part: PageRun): boolean {
  return first >= part.first && first + count <= part.first + part.count;
}
