import type { RootCause } from '../schema/index.js';
import { CURRENT } from '../schema/index.js';
import { releasePage } from '../shadow/index.js';
import type { Emit, Mmu, RootInfo, Vcpu } from '../state/index.js';
import { rootAt } from './root-cache.js';

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
  vcpu: Vcpu,
  mmu: Mmu,
  { roots, cause }: { roots: RootMask; cause: RootCause },
  emit: Emit,
): void {
  for (let slot = 0; slot < mmu.prevRoots.length; slot += 1) {
    if ((roots & rootMaskOf(slot)) !== 0) freeSlot(vcpu, mmu, { slot, cause }, emit);
  }
  if ((roots & ROOT_CURRENT) !== 0) freeSlot(vcpu, mmu, { slot: CURRENT, cause }, emit);
}

/**
 * Releases every root of both MMUs.
 *
 * @see Linux `kvm_mmu_unload()`, arch/x86/kvm/mmu/mmu.c
 */
export function unloadMmu(vcpu: Vcpu, cause: RootCause, emit: Emit): void {
  freeRoots(vcpu, vcpu.rootMmu, { roots: ROOTS_ALL, cause }, emit);
  freeRoots(vcpu, vcpu.guestMmu, { roots: ROOTS_ALL, cause }, emit);
}

/** A slot lets go of its root: the shadow page has one slot less that holds it. */
export function releaseRoot({ page }: RootInfo): void {
  if (page !== null) releasePage(page);
}

function freeSlot(
  vcpu: Vcpu,
  mmu: Mmu,
  { slot, cause }: { slot: number; cause: RootCause },
  emit: Emit,
): void {
  const root = rootAt(mmu, slot);
  if (root === null) return;
  releaseRoot(root);
  if (slot === CURRENT) mmu.root = null;
  else mmu.prevRoots[slot] = null;
  vcpu.counters.freed += 1;
  const { pgd, hpa } = root;
  emit?.(vcpu, { kind: 'root-freed', mmu: mmu.name, slot, pgd, hpa, cause });
}
