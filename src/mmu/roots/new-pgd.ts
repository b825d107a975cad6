import type { Word } from '../machine/index.js';
import { makeRequest } from '../requests/index.js';
import { CURRENT } from '../schema/index.js';
import { isDirect, levelOf } from '../shadow/index.js';
import type { Emit, Mmu, RootInfo, Vcpu, Vm } from '../state/index.js';
import { freeRoots, ROOT_CURRENT, releaseRoot } from './free-roots.js';
import { duesOf, forgetRaised, swapMarks } from './marks.js';
import {
  displaceCurrent,
  fillIn,
  findRoot,
  NOT_FOUND,
  rotateIn,
  type WantedRoot,
} from './root-cache.js';

/** What a switch is told besides the pgd. */
export interface SwitchOptions {
  /** The role to look for; that of the MMU unless told otherwise. */
  readonly role?: number;
  /** v5.13 alone: sync and flush on a hit, because the caller did not say to skip them. */
  readonly syncAndFlush?: boolean;
}

/** Where a switch found its root, and the mark that the array beside the slots gave to it. */
interface Found {
  readonly slot: number;
  readonly markBeside: boolean;
}

const MISS: Found = { slot: NOT_FOUND, markBeside: false };

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
  { role = vcpu.mmu.role, syncAndFlush = false }: SwitchOptions = {},
): void {
  const { mmu } = vcpu;
  const found = fastPgdSwitch(vm, vcpu, { pgd, role, direct: isDirect(role) }, emit);
  if (found.slot === NOT_FOUND) {
    vcpu.counters.missed += 1;
    emit?.(vcpu, { kind: 'root-missed', mmu: mmu.name, pgd });
    return;
  }
  const root = mmu.root as RootInfo;
  if (found.slot === CURRENT) vcpu.counters.reusedCurrent += 1;
  else vcpu.counters.reusedPrevious += 1;
  const { hpa } = root;
  emit?.(vcpu, { kind: 'root-reused', mmu: mmu.name, pgd, hpa, slot: found.slot });
  requestOnReuse(vm, vcpu, { root, markBeside: found.markBeside, syncAndFlush }, emit);
}

/** @see Linux `kvm_mmu_new_pgd()`: the new root, and what its reuse owes. */
function requestOnReuse(
  vm: Vm,
  vcpu: Vcpu,
  found: { root: RootInfo; markBeside: boolean; syncAndFlush: boolean },
  emit: Emit,
): void {
  const always = vm.config.flushOnReuse || found.syncAndFlush;
  const owed = vm.policy.requestsOnReuse(duesOf(vm, found));
  makeRequest(vcpu, 'LOAD_MMU_PGD', emit);
  if (always || owed.sync) makeRequest(vcpu, 'MMU_SYNC', emit);
  if (always || owed.flush) makeRequest(vcpu, 'TLB_FLUSH_CURRENT', emit);
  if (owed.sync || owed.flush) forgetRaised(vm, found);
}

/** @see Linux `fast_pgd_switch()`, arch/x86/kvm/mmu/mmu.c */
function fastPgdSwitch(vm: Vm, vcpu: Vcpu, wanted: WantedRoot, emit: Emit): Found {
  return vm.rules.pgdSwitch === 'swap-chain'
    ? swapChain(vm, vcpu, wanted, emit)
    : keepOrFill(vm, vcpu, wanted, emit);
}

/**
 * Since v5.18: a root that cannot be cached is freed first; an invalid current root is filled from
 * the cache and displaces nothing.
 */
function keepOrFill(vm: Vm, vcpu: Vcpu, wanted: WantedRoot, emit: Emit): Found {
  const { mmu } = vcpu;
  if (mmu.root !== null && mmu.root.page === null) {
    freeRoots(vcpu, mmu, { roots: ROOT_CURRENT, cause: 'uncacheable' }, emit);
  }
  if (mmu.root !== null) return keepCurrent(vm, vcpu, wanted, emit);

  const slot = findRoot(mmu, wanted);
  if (slot === NOT_FOUND) return MISS;
  const markBeside = mmu.slotMarks[slot + 1] === true;
  fillIn(mmu, slot);
  return { slot, markBeside };
}

/**
 * To v5.17: the cache is searched only between tables of at least four levels, as the MMU has them
 * before it is configured anew; an invalid current root is rotated in like any other.
 */
function swapChain(vm: Vm, vcpu: Vcpu, wanted: WantedRoot, emit: Emit): Found {
  const { mmu } = vcpu;
  if (levelOf(mmu.role) < 4 || mmu.guestLevels < 4) {
    freeRoots(vcpu, mmu, { roots: ROOT_CURRENT, cause: 'uncacheable' }, emit);
    return MISS;
  }
  return keepCurrent(vm, vcpu, wanted, emit);
}

/** Rotates the found root in; on a miss the current one joins the cache and a victim leaves it. */
function keepCurrent(vm: Vm, vcpu: Vcpu, wanted: WantedRoot, emit: Emit): Found {
  const { mmu } = vcpu;
  const slot = findRoot(mmu, wanted);
  if (slot === CURRENT) return { slot, markBeside: mmu.slotMarks[0] === true };
  if (slot !== NOT_FOUND) {
    rotateIn(mmu, slot);
    return { slot, markBeside: swapMarks(vm, mmu, slot) };
  }
  const victim = vm.policy.victimSlot(mmu.prevRoots);
  swapMarks(vm, mmu, victim);
  evict(vcpu, mmu, victim, emit);
  return MISS;
}

function evict(vcpu: Vcpu, mmu: Mmu, victim: number, emit: Emit): void {
  const evicted = displaceCurrent(mmu, victim);
  if (evicted === null) return;
  releaseRoot(evicted);
  vcpu.counters.evicted += 1;
  const { pgd, hpa } = evicted;
  emit?.(vcpu, { kind: 'root-evicted', mmu: mmu.name, pgd, hpa });
}
