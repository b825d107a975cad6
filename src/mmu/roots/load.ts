import { isVisibleGfn, rootGfnOf, type Word, ZERO } from '../machine/index.js';
import { makeRequest } from '../requests/index.js';
import { getPage, isDirect, levelOf, takeFrame } from '../shadow/index.js';
import {
  type Emit,
  eptpOf,
  type Mmu,
  type RootInfo,
  type ShadowPage,
  type Vcpu,
  type Vm,
} from '../state/index.js';
import { flushTlbCurrent } from '../tlb/index.js';
import { syncRoots } from './sync-roots.js';

/** Levels from which a guest's tables have one root page, which can be cached. */
const PT64_ROOT_4LEVEL = 4;

/**
 * Gives `arch.mmu` a root, syncs it and flushes it: whatever became current by a load is clean.
 * The flush is not counted in `stat.tlb_flush`.
 *
 * @returns False if the guest's root lies outside every memslot and the kernel shuts it down.
 * @see Linux `kvm_mmu_load()`, arch/x86/kvm/mmu/mmu.c
 */
export function loadMmu(vm: Vm, vcpu: Vcpu, emit: Emit): boolean {
  const { mmu } = vcpu;
  const pgd = isDirect(mmu.role) ? ZERO : guestPgdOf(vcpu);
  const gfn = isDirect(mmu.role) ? 0 : rootGfnOf(pgd);
  const isVisible = isDirect(mmu.role) || isVisibleGfn(vm.memory, gfn);
  if (!isVisible && vm.rules.invisibleRoot === 'triple-fault') {
    makeRequest(vcpu, 'TRIPLE_FAULT', emit);
    return false;
  }
  const hasRootPage = isVisible && levelOf(mmu.role) >= PT64_ROOT_4LEVEL;
  const { page, isNew } = hasRootPage
    ? getPage(vm, vcpu, { gfn, role: mmu.role }, emit)
    : { page: null, isNew: false };
  installRoot(vm, vcpu, { pgd, page });
  reportLoad(vcpu, mmu.root as RootInfo, { gfn, isNew }, emit);
  syncRoots(vcpu, emit);
  flushTlbCurrent(vm, vcpu, emit);
  return true;
}

/**
 * What `get_guest_pgd()` returns: the guest's CR3, or the EPT pointer of vmcs12.
 *
 * @see Linux `kvm_mmu_get_guest_pgd()`, `nested_ept_get_eptp()`
 */
export function guestPgdOf({ mmu, regs, nested }: Vcpu): Word {
  if (mmu.name === 'root' || nested.currentVmcs === null) return regs.cr3;
  return eptpOf(nested.currentVmcs) ?? ZERO;
}

function installRoot(
  vm: Vm,
  { mmu, counters }: Vcpu,
  { pgd, page }: { pgd: Word; page: ShadowPage | null },
): void {
  if (page !== null) page.rootCount += 1;
  const hpa = page === null ? specialFrameOf(vm, mmu) : page.hpa;
  mmu.root = { pgd, hpa, page, syncDue: false, flushDue: false };
  counters.loaded += 1;
}

/** A PAE or dummy root is a page of the MMU itself: one, allocated when it is first needed. */
function specialFrameOf(vm: Vm, mmu: Mmu): number {
  if (mmu.specialHpa === 0) mmu.specialHpa = takeFrame(vm);
  return mmu.specialHpa;
}

function reportLoad(
  vcpu: Vcpu,
  { pgd, hpa, page }: RootInfo,
  { gfn, isNew }: { gfn: number; isNew: boolean },
  emit: Emit,
): void {
  emit?.(vcpu, {
    kind: 'root-allocated',
    mmu: vcpu.mmu.name,
    pgd,
    hpa,
    gfn,
    level: levelOf(vcpu.mmu.role),
    page: page === null ? 'special' : isNew ? 'new' : 'existing',
  });
}
