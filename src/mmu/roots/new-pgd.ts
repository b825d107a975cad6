import type { Word } from '../machine/index.js';
import { ALL_DUES, type Dues, FLUSH_DUE, NO_DUES, SYNC_DUE } from '../policies/index.js';
import { KVM_REQ, makeRequest } from '../requests/index.js';
import { CURRENT } from '../schema/index.js';
import { seam } from '../seam.js';
import { commitZap, levelOf } from '../shadow/index.js';
import {
  currentRoot,
  type Emit,
  type Mmu,
  prevRootCount,
  recordAt,
  type ShadowPage,
  type Vcpu,
  type Vm,
} from '../state/index.js';
import { freeRoots, ROOT_CURRENT, releaseRoot } from './free-roots.js';
import { duesOf, forgetRaised, swapMarks } from './marks.js';
import { fillIn, findRoot, holesOf, NOT_FOUND, rotateIn } from './root-cache.js';

/**
 * Switches `arch.mmu` to a pgd through the root cache. A hit requests what reuse owes; after a miss
 * there is no root until the next entry loads one, which syncs and flushes it.
 *
 * Since v5.18 an invalid current root displaces nothing. To v5.17 it was rotated in like any other,
 * and the cache was searched only between tables of at least four levels, as the MMU has them
 * before it is configured anew.
 *
 * @param role The role to look for; that of the MMU unless told otherwise.
 * @param unskipped v5.13 alone: what a hit requests because the caller did not say to skip it.
 * @see Linux `kvm_mmu_new_pgd()`, `fast_pgd_switch()`, arch/x86/kvm/mmu/mmu.c
 */
export function newPgd(
  vm: Vm,
  vcpu: Vcpu,
  pgd: Word,
  emit: Emit,
  role = vcpu.mmu.role,
  unskipped = NO_DUES,
): void {
  const { mmu } = vcpu;
  const isKept = isCurrentRootKept(vm, mmu);
  if (!isKept) freeUncacheable(vm, vcpu, emit);
  const isSearched = isKept || vm.rules.pgdSwitch === 'keep-or-fill';
  const slot = isSearched ? findRoot(vm, mmu, pgd, role) : NOT_FOUND;
  if (slot === NOT_FOUND) {
    if (isKept) giveUpVictim(vm, vcpu, emit);
    countMiss(vcpu, pgd, emit);
    return;
  }
  // The rotation moves the marks that lie beside the slots, so what is owed is read before it.
  const owed = vm.policy.requestsOnReuse(duesOf(mmu, slot));
  const dues = vm.config.flushOnReuse ? ALL_DUES : owed | unskipped;
  reuse(vm, vcpu, { pgd, slot, isKept, dues, owed }, emit);
}

/**
 * Whether a miss lets the current root join the cache. One that cannot be cached is freed first;
 * to v5.17 the cache is then not even searched.
 */
export function isCurrentRootKept({ rules }: Vm, mmu: Mmu): boolean {
  if (rules.pgdSwitch === 'swap-chain') return levelOf(mmu.role) >= 4 && mmu.guestLevels >= 4;
  return recordAt(mmu, CURRENT).page !== null;
}

function freeUncacheable(vm: Vm, vcpu: Vcpu, emit: Emit): void {
  freeRoots(vm, vcpu, vcpu.mmu, { roots: ROOT_CURRENT, cause: 'uncacheable' }, emit);
}

/** The current root joins the cache, and the root that the policy picks leaves it. */
function giveUpVictim(vm: Vm, vcpu: Vcpu, emit: Emit): void {
  const { mmu } = vcpu;
  const victim = vm.policy.victimSlot(prevRootCount(mmu), holesOf(mmu));
  swapMarks(mmu, victim);
  rotateIn(mmu, victim);
  const evicted = currentRoot(mmu);
  if (evicted === null) return;
  const { pgd, hpa } = evicted;
  vcpu.counters.evicted += 1;
  emit?.(vcpu, { kind: 'root-evicted', mmu: mmu.name, pgd, hpa });
  commitZap(vm, releaseRoot(vm, vcpu, mmu, evicted, emit), emit);
}

function countMiss(vcpu: Vcpu, pgd: Word, emit: Emit): void {
  vcpu.counters.missed += 1;
  emit?.(vcpu, { kind: 'root-missed', mmu: vcpu.mmu.name, pgd });
}

/** A previous root is the current one from now on; there is a current one if it was kept. */
function bringIn(mmu: Mmu, slot: number, isKept: boolean): void {
  if (!isKept) {
    fillIn(mmu, slot);
    return;
  }
  rotateIn(mmu, slot);
  swapMarks(mmu, slot);
}

/** A switch that hit: where the root was found, what is requested, and what of that it owed. */
export interface Hit {
  readonly pgd: Word;
  readonly slot: number;
  /** Whether the current root joins the cache. */
  readonly isKept: boolean;
  readonly dues: Dues;
  readonly owed: Dues;
}

/**
 * The root that was found is the current one from now on. The guest's table is one again: writes to it are counted anew, which
 * those to what a direct page maps never are.
 *
 * @see Linux `__clear_sp_write_flooding_count()`, arch/x86/kvm/mmu/mmu.c
 */
export const reuse = seam(function reuse(
  vm: Vm,
  vcpu: Vcpu,
  { pgd, slot, isKept, dues, owed }: Hit,
  emit: Emit,
): void {
  const { mmu, counters } = vcpu;
  if (slot !== CURRENT) bringIn(mmu, slot, isKept);
  if (slot === CURRENT) counters.reusedCurrent += 1;
  else counters.reusedPrevious += 1;
  const { hpa, page } = recordAt(mmu, CURRENT);
  (page as ShadowPage).writeFloodingCount = 0;
  emit?.(vcpu, { kind: 'root-reused', mmu: mmu.name, pgd, hpa, slot });
  makeRequest(vm, vcpu, KVM_REQ.LOAD_MMU_PGD, emit);
  if ((dues & SYNC_DUE) !== 0) makeRequest(vm, vcpu, KVM_REQ.MMU_SYNC, emit);
  if ((dues & FLUSH_DUE) !== 0) makeRequest(vm, vcpu, KVM_REQ.TLB_FLUSH_CURRENT, emit);
  if (owed !== NO_DUES) forgetRaised(vm.policy, recordAt(vcpu.mmu, CURRENT));
});
