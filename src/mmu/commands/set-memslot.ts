import type { Memslot } from '../machine/index.js';
import { gpaToGfn, offsetInPage, PAGE_SIZE } from '../machine/index.js';
import { kickToHost } from '../requests/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import { zapAllFast } from '../shadow/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { OK } from '../vcpu/index.js';

const EINVAL: Outcome = { kind: 'error', errno: 'EINVAL' };
const EEXIST: Outcome = { kind: 'error', errno: 'EEXIST' };

/**
 * The VMM adds, moves or deletes a memslot. What was mapped of one that moves or goes is obsolete,
 * and with it every shadow page. Memory keeps its content, as the VMM's mapping of it would.
 *
 * @see Linux `kvm_set_memory_region()`, virt/kvm/kvm_main.c
 */
export function setMemslot(
  vm: Vm,
  vcpu: Vcpu,
  { slot, memslot }: CommandOf<'set-memslot'>,
  emit: Emit,
): Outcome {
  const { memslots } = vm.memory;
  const old = memslots[slot] ?? null;
  if (memslot === null) {
    if (old === null) return EINVAL;
    memslots[slot] = null;
    zap(vm, vcpu, emit);
    return OK;
  }
  if (offsetInPage(memslot.gpa) !== 0 || memslot.gpa + memslot.bytes > 2 ** vm.config.maxphyaddr) {
    return EINVAL;
  }
  const wanted: Memslot = {
    gfn: gpaToGfn(memslot.gpa),
    pageCount: memslot.bytes / PAGE_SIZE,
    dirtyLog: old?.dirtyLog ?? false,
  };
  if (old !== null && old.pageCount !== wanted.pageCount) return EINVAL;
  if (memslots.some((other, id) => id !== slot && other != null && overlap(other, wanted))) {
    return EEXIST;
  }
  for (let id = memslots.length; id <= slot; id += 1) memslots[id] = null;
  memslots[slot] = wanted;
  if (old !== null && old.gfn !== wanted.gfn) zap(vm, vcpu, emit);
  return OK;
}

function zap(vm: Vm, vcpu: Vcpu, emit: Emit): void {
  for (const other of vm.vcpus) kickToHost(other, emit);
  zapAllFast(vm, vcpu, emit);
}

function overlap(a: Memslot, b: Memslot): boolean {
  return a.gfn < b.gfn + b.pageCount && b.gfn < a.gfn + a.pageCount;
}
