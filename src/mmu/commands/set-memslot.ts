import type { Memslot } from '../machine/index.js';
import { gpaToGfn, offsetInPage, PAGE_SIZE, placeMemslot } from '../machine/index.js';
import { kickToHost } from '../requests/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import { zapAllFast } from '../shadow/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { OK } from '../vcpu/index.js';

const EINVAL: Outcome = { kind: 'error', errno: 'EINVAL' };
const EEXIST: Outcome = { kind: 'error', errno: 'EEXIST' };

/** @see Linux `KVM_MEM_MAX_NR_PAGES`, virt/kvm/kvm_main.c */
const KVM_MEM_MAX_NR_PAGES = 2 ** 31 - 1;

/**
 * The VMM adds, moves or deletes a memslot. What was mapped of one that moves or goes is obsolete,
 * and with it every shadow page.
 *
 * Its bytes are the VMM's, and stay where they are in the VMM's memory: a memslot that moves takes
 * them along, and one that is made later over the same backing has them again. A log of dirty pages
 * moves with its memslot. Size, backing and whether it is read-only never change.
 *
 * @see Linux `__kvm_set_memory_region()`, virt/kvm/kvm_main.c
 * @see Linux `kvm_arch_flush_shadow_memslot()`, arch/x86/kvm/x86.c
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
    placeMemslot(vm.memory, slot, null);
    zap(vm, vcpu, emit);
    return OK;
  }
  if (!isValid(vm, memslot)) return EINVAL;
  const wanted = toMemslot(memslot, old);
  if (old !== null && !isSameBut(old, wanted)) return EINVAL;
  if (memslots.some((other, id) => id !== slot && other != null && overlap(other, wanted))) {
    return EEXIST;
  }
  placeMemslot(vm.memory, slot, wanted);
  if (old !== null && old.gfn !== wanted.gfn) zap(vm, vcpu, emit);
  return OK;
}

type Asked = NonNullable<CommandOf<'set-memslot'>['memslot']>;

function isValid({ config }: Vm, { gpa, bytes, userspaceAddr = 0 }: Asked): boolean {
  const isAligned = offsetInPage(gpa) === 0 && offsetInPage(userspaceAddr) === 0;
  const isInReach = gpa + bytes <= 2 ** config.maxphyaddr && userspaceAddr + bytes <= 2 ** 52;
  return isAligned && isInReach && bytes / PAGE_SIZE <= KVM_MEM_MAX_NR_PAGES;
}

function toMemslot({ gpa, bytes, userspaceAddr, readonly }: Asked, old: Memslot | null): Memslot {
  const gfn = gpaToGfn(gpa);
  return {
    gfn,
    pageCount: bytes / PAGE_SIZE,
    hostFrame: userspaceAddr === undefined ? (old?.hostFrame ?? gfn) : gpaToGfn(userspaceAddr),
    readOnly: readonly === true,
    dirty: old?.dirty ?? null,
  };
}

/** Whether two memslots differ in their addresses alone. */
function isSameBut(a: Memslot, b: Memslot): boolean {
  return a.pageCount === b.pageCount && a.hostFrame === b.hostFrame && a.readOnly === b.readOnly;
}

function zap(vm: Vm, vcpu: Vcpu, emit: Emit): void {
  for (const other of vm.vcpus) kickToHost(other, emit);
  zapAllFast(vm, vcpu, emit);
}

function overlap(a: Memslot, b: Memslot): boolean {
  return a.gfn < b.gfn + b.pageCount && b.gfn < a.gfn + a.pageCount;
}
