import type { Word } from '../machine/index.js';
import { type Dues, NO_DUES } from '../policies/index.js';
import { makeRequest } from '../requests/index.js';
import { CURRENT } from '../schema/index.js';
import { levelOf } from '../shadow/index.js';
import type { Emit, Mmu, RootInfo, Vcpu, Vm } from '../state/index.js';
import { freeRoots, ROOT_CURRENT, releaseRoot } from './free-roots.js';
import { duesOf, forgetRaised, swapMarks } from './marks.js';
import { displaceCurrent, fillIn, findRoot, NOT_FOUND, rotateIn } from './root-cache.js';

/** What a switch is told besides the pgd. */
export interface SwitchOptions {
  /** The role to look for; that of the MMU unless told otherwise. */
  readonly role?: number;
  /** v5.13 alone: what a hit requests because the caller did not say to skip it. */
  readonly unskipped?: Dues;
}

/**
 * Switches `arch.mmu` to a pgd through the root cache. A hit requests what reuse owes; after a miss
 * the root is null until the next entry loads one, which syncs and flushes it.
 *
 * @see Linux `kvm_mmu_new_pgd()`, arch/x86/kvm/mmu/mmu.c
 */
export function newPgd(
  vm: Vm,
  vcpu: Vcpu,
  pgd: Word,
  emit: Emit,
  { role = vcpu.mmu.role, unskipped = NO_DUES }: SwitchOptions = {},
): void {
  const { mmu, counters } = vcpu;
  const slot = fastPgdSwitch(vm, vcpu, { pgd, role }, emit);
  if (slot === NOT_FOUND) {
    counters.missed += 1;
    emit?.(vcpu, { kind: 'root-missed', mmu: mmu.name, pgd });
    return;
  }
  // The rotation moves the marks that lie beside the slots, so what is owed is read before it.
  const dues = duesOf(vm.policy, mmu, slot);
  if (slot === CURRENT) {
    counters.reusedCurrent += 1;
  } else {
    bringIn(vm, mmu, slot);
    counters.reusedPrevious += 1;
  }
  const root = mmu.root as RootInfo;
  const { hpa } = root;
  emit?.(vcpu, { kind: 'root-reused', mmu: mmu.name, pgd, hpa, slot });

  const always = vm.config.flushOnReuse;
  const owed = vm.policy.requestsOnReuse(dues);
  makeRequest(vcpu, 'LOAD_MMU_PGD', emit);
  if (always || owed.sync || unskipped.sync) makeRequest(vcpu, 'MMU_SYNC', emit);
  if (always || owed.flush || unskipped.flush) makeRequest(vcpu, 'TLB_FLUSH_CURRENT', emit);
  if (owed.sync || owed.flush) forgetRaised(vm.policy, root);
}

/**
 * Looks for a root in the cache; if there is none, the current one joins the cache and a victim
 * leaves it. A root that cannot be cached is freed first.
 *
 * Since v5.18 an invalid current root displaces nothing. To v5.17 it was rotated in like any other,
 * and the cache was searched only between tables of at least four levels, as the MMU has them
 * before it is configured anew.
 *
 * @returns The slot of the root, or {@link NOT_FOUND}.
 * @see Linux `fast_pgd_switch()`, arch/x86/kvm/mmu/mmu.c
 */
function fastPgdSwitch(
  vm: Vm,
  vcpu: Vcpu,
  { pgd, role }: { pgd: Word; role: number },
  emit: Emit,
): number {
  const { mmu } = vcpu;
  const isSwapChain = vm.rules.pgdSwitch === 'swap-chain';
  if (isSwapChain ? levelOf(mmu.role) < 4 || mmu.guestLevels < 4 : mmu.root?.page === null) {
    freeRoots(vcpu, mmu, { roots: ROOT_CURRENT, cause: 'uncacheable' }, emit);
    if (isSwapChain) return NOT_FOUND;
  }
  const slot = findRoot(mmu, pgd, role);
  if (slot === NOT_FOUND && (isSwapChain || mmu.root !== null)) giveUpVictim(vm, vcpu, emit);
  return slot;
}

/** Makes a previous root the current one. */
function bringIn({ rules, policy }: Vm, mmu: Mmu, slot: number): void {
  if (mmu.root === null && rules.pgdSwitch === 'keep-or-fill') {
    fillIn(mmu, slot);
    return;
  }
  rotateIn(mmu, slot);
  swapMarks(policy, mmu, slot);
}

/** The current root joins the cache, and the root that the policy picks leaves it. */
function giveUpVictim({ policy }: Vm, vcpu: Vcpu, emit: Emit): void {
  const { mmu } = vcpu;
  const victim = policy.victimSlot(mmu.prevRoots);
  swapMarks(policy, mmu, victim);
  const evicted = displaceCurrent(mmu, victim);
  if (evicted === null) return;
  releaseRoot(evicted);
  vcpu.counters.evicted += 1;
  const { pgd, hpa } = evicted;
  emit?.(vcpu, { kind: 'root-evicted', mmu: mmu.name, pgd, hpa });
}
