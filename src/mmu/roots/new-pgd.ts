import type { Word } from '../machine/index.js';
import { ALL_DUES, type Dues, NO_DUES } from '../policies/index.js';
import { KVM_REQ, makeRequest } from '../requests/index.js';
import { CURRENT } from '../schema/index.js';
import { commitZap, levelOf } from '../shadow/index.js';
import {
  currentRoot,
  type Emit,
  type Mmu,
  prevRootCount,
  recordAt,
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
 * @param role The role to look for; that of the MMU unless told otherwise.
 * @param unskipped v5.13 alone: what a hit requests because the caller did not say to skip it.
 * @see Linux `kvm_mmu_new_pgd()`, arch/x86/kvm/mmu/mmu.c
 */
export function newPgd(
  vm: Vm,
  vcpu: Vcpu,
  pgd: Word,
  emit: Emit,
  role = vcpu.mmu.role,
  unskipped = NO_DUES,
): void {
  const slot = fastPgdSwitch(vm, vcpu, pgd, role, emit);
  if (slot === NOT_FOUND) {
    vcpu.counters.missed += 1;
    emit?.(vcpu, { kind: 'root-missed', mmu: vcpu.mmu.name, pgd });
    return;
  }
  // The rotation moves the marks that lie beside the slots, so what is owed is read before it.
  const owed = vm.policy.requestsOnReuse(duesOf(vcpu.mmu, slot));
  reuse(vm, vcpu, pgd, slot, emit);
  makeRequest(vcpu, KVM_REQ.LOAD_MMU_PGD, emit);
  if (vm.config.flushOnReuse) requestDues(vcpu, ALL_DUES, emit);
  if (unskipped !== NO_DUES) requestDues(vcpu, unskipped, emit);
  if (owed === NO_DUES) return;
  requestDues(vcpu, owed, emit);
  forgetRaised(vm.policy, recordAt(vcpu.mmu, CURRENT));
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
function fastPgdSwitch(vm: Vm, vcpu: Vcpu, pgd: Word, role: number, emit: Emit): number {
  const { mmu } = vcpu;
  const isKept = isCurrentRootKept(vm, mmu);
  if (!isKept) {
    freeRoots(vm, vcpu, mmu, { roots: ROOT_CURRENT, cause: 'uncacheable' }, emit);
    if (vm.rules.pgdSwitch === 'swap-chain') return NOT_FOUND;
  }
  const slot = findRoot(mmu, pgd, role);
  if (slot === NOT_FOUND && isKept) giveUpVictim(vm, vcpu, emit);
  return slot;
}

/**
 * Whether a miss lets the current root join the cache. One that cannot be cached is freed first;
 * to v5.17 the cache is then not even searched.
 */
export function isCurrentRootKept({ rules }: Vm, mmu: Mmu): boolean {
  if (rules.pgdSwitch === 'swap-chain') return levelOf(mmu.role) >= 4 && mmu.guestLevels >= 4;
  return recordAt(mmu, CURRENT).page !== null;
}

/** The root in a slot is the current one from now on. */
function reuse(vm: Vm, vcpu: Vcpu, pgd: Word, slot: number, emit: Emit): void {
  if (slot === CURRENT) {
    vcpu.counters.reusedCurrent += 1;
  } else {
    bringIn(vm, vcpu.mmu, slot);
    vcpu.counters.reusedPrevious += 1;
  }
  if (emit === null) return;
  const { hpa } = recordAt(vcpu.mmu, CURRENT);
  emit(vcpu, { kind: 'root-reused', mmu: vcpu.mmu.name, pgd, hpa, slot });
}

/** Makes a previous root the current one. What has no page by now is not a root. */
function bringIn({ rules }: Vm, mmu: Mmu, slot: number): void {
  if (recordAt(mmu, CURRENT).page === null && rules.pgdSwitch === 'keep-or-fill') {
    fillIn(mmu, slot);
    return;
  }
  rotateIn(mmu, slot);
  swapMarks(mmu, slot);
}

function requestDues(vcpu: Vcpu, { sync, flush }: Dues, emit: Emit): void {
  if (sync) makeRequest(vcpu, KVM_REQ.MMU_SYNC, emit);
  if (flush) makeRequest(vcpu, KVM_REQ.TLB_FLUSH_CURRENT, emit);
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
