import { isPdptePresent, isVisibleGfn, rootGfnOf, type Word, ZERO } from '../machine/index.js';
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
import { PT32E_ROOT_LEVEL } from './root-role.js';
import { syncRoots } from './sync-roots.js';

/** Levels from which a guest's tables have one root page, which can be cached. */
const PT64_ROOT_4LEVEL = 4;

/**
 * Gives `arch.mmu` a root, syncs it and flushes it: whatever became current by a load is clean.
 * The flush is not counted in `stat.tlb_flush`.
 *
 * @returns False if the guest's root, or a page directory of PAE paging, lies outside every memslot
 *   and the kernel answers with a triple fault.
 * @see Linux `kvm_mmu_load()`, arch/x86/kvm/mmu/mmu.c
 */
export function loadMmu(vm: Vm, vcpu: Vcpu, emit: Emit): boolean {
  const { mmu } = vcpu;
  const pgd = isDirect(mmu.role) ? ZERO : guestPgdOf(vcpu);
  const gfn = isDirect(mmu.role) ? 0 : rootGfnOf(pgd);
  const isVisible = isDirect(mmu.role) || isVisibleGfn(vm.memory, gfn);
  const isUsable = isVisible && arePdptesVisible(vm, vcpu);
  if (!isUsable && vm.rules.invisibleRoot === 'triple-fault') {
    makeRequest(vcpu, 'TRIPLE_FAULT', emit);
    return false;
  }
  const hasRootPage = isVisible && levelOf(mmu.role) >= PT64_ROOT_4LEVEL;
  const { page, isNew } = hasRootPage
    ? getPage(vm, vcpu, { gfn, role: mmu.role }, emit)
    : { page: null, isNew: false };
  installRoot(vm, vcpu, { pgd: isVisible ? pgd : ZERO, page });
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
function guestPgdOf({ mmu, regs, nested }: Vcpu): Word {
  if (mmu.name === 'root' || nested.currentVmcs === null) return regs.cr3;
  return eptpOf(nested.currentVmcs) ?? ZERO;
}

/**
 * Whether the page directories of PAE paging lie in memslots; since v6.6 one that does not is taken
 * as not present.
 *
 * @see Linux `mmu_alloc_shadow_roots()`, arch/x86/kvm/mmu/mmu.c
 */
function arePdptesVisible({ memory }: Vm, { mmu, regs }: Vcpu): boolean {
  if (isDirect(mmu.role) || mmu.guestLevels !== PT32E_ROOT_LEVEL) return true;
  return regs.pdptrs.every(
    (pdpte) => !isPdptePresent(pdpte) || isVisibleGfn(memory, rootGfnOf(pdpte)),
  );
}

/** A dummy root, for a guest root that cannot be seen, has no pgd of its own. */
function installRoot(
  vm: Vm,
  { mmu, counters }: Vcpu,
  { pgd, page }: { pgd: Word; page: ShadowPage | null },
): void {
  if (page !== null) page.rootCount += 1;
  const hpa = page === null ? specialFrameOf(vm, mmu) : page.hpa;
  mmu.root = { pgd, hpa, page, syncDue: false, flushDue: false, ranUnder: 0 };
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
