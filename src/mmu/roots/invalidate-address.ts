import {
  ep4taOf,
  isCanonical,
  isLa57,
  isLongMode,
  isPcide,
  pcidOf,
  type Word,
} from '../machine/index.js';
import { CURRENT } from '../schema/index.js';
import { seam } from '../seam.js';
import { invalidateAddressBelow, isDirect, topPageOf } from '../shadow/index.js';
import { type Emit, type Mmu, prevRootCount, rootAt, type Vcpu, type Vm } from '../state/index.js';
import { flushTlbGva } from '../tlb/index.js';

/** Selects the roots in which an address is invalidated. */
type Covers = (pgd: Word, slot: number) => boolean;

/**
 * INVLPG of a guest whose tables are shadowed: the processor's entries of the address go, and the
 * leaf is brought up to date in every root, since KVM does not track which pages are global.
 *
 * @see Linux `kvm_mmu_invlpg()`, `kvm_mmu_invalidate_addr()`, arch/x86/kvm/mmu/mmu.c
 */
export const invalidateLinearAddress = seam(function invalidateLinearAddress(
  vm: Vm,
  vcpu: Vcpu,
  address: Word,
  emit: Emit,
): void {
  if (isNop(vcpu, address)) return;
  flushTlbGva(vm, vcpu, address, emit);
  invalidateIn(vm, vcpu, { mmu: vcpu.rootMmu, address, covers: () => true }, emit);
});

/**
 * INVPCID of one address: only roots that carry the PCID are looked at, and the processor's
 * entries go if there was one.
 *
 * @see Linux `kvm_mmu_invpcid_gva()`, arch/x86/kvm/mmu/mmu.c
 */
export const invalidatePcidAddress = seam(function invalidatePcidAddress(
  vm: Vm,
  vcpu: Vcpu,
  { pcid, address }: { pcid: number; address: Word },
  emit: Emit,
): void {
  const { mmu, regs } = vcpu;
  const pcide = isPcide(regs);
  let isFound = pcidOf(regs.cr3, pcide) === pcid;
  const covers: Covers = (pgd, slot) => {
    if (slot === CURRENT) return pcidOf(regs.cr3, pcide) === pcid;
    const carries = pcidOf(pgd, pcide) === pcid;
    isFound ||= carries;
    return carries;
  };
  invalidateIn(vm, vcpu, { mmu, address, covers }, emit);
  if (isFound) flushTlbGva(vm, vcpu, address, emit);
});

/**
 * KVM injects a page fault of a present translation: as the processor would, it forgets the
 * translation that faulted, or the access would fault for ever.
 *
 * @see Linux `kvm_inject_emulated_page_fault()`, arch/x86/kvm/x86.c
 */
export function invalidateFaulted(vm: Vm, vcpu: Vcpu, address: Word, emit: Emit): void {
  if (vcpu.mmu.name === 'root') {
    if (isNop(vcpu, address)) return;
    flushTlbGva(vm, vcpu, address, emit);
  }
  const covers: Covers = (_pgd, slot) => slot === CURRENT;
  invalidateIn(vm, vcpu, { mmu: vcpu.mmu, address, covers }, emit);
}

/**
 * L1 is told of an EPT violation: what was cached of the address under the same EP4TA is forgotten
 * in the roots of other EPTPs as well.
 *
 * @see Linux `nested_ept_invalidate_addr()`, arch/x86/kvm/vmx/nested.c
 */
export function invalidateEptAddress(
  vm: Vm,
  vcpu: Vcpu,
  { eptp, address }: { eptp: Word; address: Word },
  emit: Emit,
): void {
  const covers: Covers = (pgd, slot) => slot !== CURRENT && ep4taOf(pgd) === ep4taOf(eptp);
  invalidateIn(vm, vcpu, { mmu: vcpu.guestMmu, address, covers }, emit);
}

/** An address that is not canonical makes INVLPG a NOP. */
export function isNop({ regs }: Vcpu, address: Word): boolean {
  return isLongMode(regs) && !isCanonical(address, isLa57(regs) ? 57 : 48);
}

/** @see Linux `kvm_mmu_invalidate_addr()`, arch/x86/kvm/mmu/mmu.c */
export const invalidateIn = seam(function invalidateIn(
  vm: Vm,
  vcpu: Vcpu,
  { mmu, address, covers }: { mmu: Mmu; address: Word; covers: Covers },
  emit: Emit,
): void {
  if (isDirect(mmu.role)) return;
  for (let slot = CURRENT; slot < prevRootCount(mmu); slot += 1) {
    const root = rootAt(mmu, slot);
    if (root === null || !covers(root.pgd, slot)) continue;
    const top = slot === CURRENT ? topPageOf(mmu, address) : root.page;
    if (top !== null) invalidateAddressBelow(vm, vcpu, { top, address }, emit);
  }
});
