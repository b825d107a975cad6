import type { RootCause } from '../schema/index.js';
import { CURRENT } from '../schema/index.js';
import { commitZap, releasePage } from '../shadow/index.js';
import {
  clearRoot,
  type Emit,
  type Mmu,
  prevRootCount,
  type RootInfo,
  rootAt,
  type Vcpu,
  type Vm,
} from '../state/index.js';

/** A set of slots. @see Linux `KVM_MMU_ROOT_CURRENT`, `KVM_MMU_ROOT_PREVIOUS()` */
export type RootMask = number;

export const ROOT_CURRENT: RootMask = 1;
export const ROOTS_ALL: RootMask = -1;

/** @param slot {@link CURRENT} or an index into `prevRoots`. */
export function rootMaskOf(slot: number): RootMask {
  return 1 << (slot + 1);
}

/**
 * Releases root slots: previous ones first, then the current one. Their shadow pages live on, and
 * the TLB is not touched; both wait for the load that follows.
 *
 * @see Linux `kvm_mmu_free_roots()`, arch/x86/kvm/mmu/mmu.c
 */
export function freeRoots(
  vm: Vm,
  vcpu: Vcpu,
  mmu: Mmu,
  { roots, cause }: { roots: RootMask; cause: RootCause },
  emit: Emit,
): void {
  let zapped = 0;
  for (let slot = 0; slot < prevRootCount(mmu); slot += 1) {
    if ((roots & rootMaskOf(slot)) !== 0) zapped += freeSlot(vm, vcpu, mmu, { slot, cause }, emit);
  }
  if ((roots & ROOT_CURRENT) !== 0) {
    zapped += freeSlot(vm, vcpu, mmu, { slot: CURRENT, cause }, emit);
  }
  commitZap(vm, zapped, emit);
}

/**
 * Releases every root of both MMUs.
 *
 * @see Linux `kvm_mmu_unload()`, arch/x86/kvm/mmu/mmu.c
 */
export function unloadMmu(vm: Vm, vcpu: Vcpu, cause: RootCause, emit: Emit): void {
  freeRoots(vm, vcpu, vcpu.rootMmu, { roots: ROOTS_ALL, cause }, emit);
  freeRoots(vm, vcpu, vcpu.guestMmu, { roots: ROOTS_ALL, cause }, emit);
}

/**
 * A slot lets go of its root. A page that was zapped meanwhile dies with its last slot; a PAE root
 * lets go of the four pages that it leads to.
 *
 * @returns How many shadow pages are gone.
 * @see Linux `mmu_free_root_page()`, arch/x86/kvm/mmu/mmu.c
 */
export function releaseRoot(vm: Vm, vcpu: Vcpu, mmu: Mmu, root: RootInfo, emit: Emit): number {
  const { page } = root;
  clearRoot(root);
  if (page !== null) return releasePage(vm, vcpu, page, emit);
  let zapped = 0;
  for (const directory of mmu.paeRoots.splice(0)) {
    if (directory !== null) zapped += releasePage(vm, vcpu, directory, emit);
  }
  return zapped;
}

function freeSlot(
  vm: Vm,
  vcpu: Vcpu,
  mmu: Mmu,
  { slot, cause }: { slot: number; cause: RootCause },
  emit: Emit,
): number {
  const root = rootAt(mmu, slot);
  if (root === null) return 0;
  const { pgd, hpa } = root;
  vcpu.counters.freed += 1;
  emit?.(vcpu, { kind: 'root-freed', mmu: mmu.name, slot, pgd, hpa, cause });
  return releaseRoot(vm, vcpu, mmu, root, emit);
}
