import {
  type GuestMemory,
  isPdptePresent,
  isVisibleGfn,
  pdptesAt,
  rootGfnOf,
  type Word,
  wordToNumber,
  ZERO,
} from '../machine/index.js';
import { KVM_REQ, makeRequest } from '../requests/index.js';
import { CURRENT } from '../schema/index.js';
import { seam } from '../seam.js';
import {
  getPage,
  isDirect,
  levelOf,
  makePagesAvailable,
  paeRootRole,
  takeFrame,
} from '../shadow/index.js';
import {
  type Emit,
  eptpOf,
  fillRoot,
  type Mmu,
  nestedTablesOf,
  recordAt,
  type ShadowPage,
  type Vcpu,
  type Vm,
} from '../state/index.js';
import { flushTlbCurrent } from '../tlb/index.js';
import { PT32E_ROOT_LEVEL } from './root-role.js';
import { syncRoots } from './sync-roots.js';

/** Levels from which a guest's tables have one root page, which can be cached. */
const PT64_ROOT_4LEVEL = 4;

const PAE_ROOTS = 4;
const FRAMES_PER_GIGABYTE = 2 ** 18;

/**
 * Gives `arch.mmu` a root, syncs it and flushes it: whatever became current by a load is clean.
 * The flush is not counted in `stat.tlb_flush`.
 *
 * @returns False if the guest's root, or a page directory of PAE paging, lies outside every memslot
 *   and the kernel answers with a triple fault.
 * @see Linux `kvm_mmu_load()`, arch/x86/kvm/mmu/mmu.c
 */
export const loadMmu = seam(function loadMmu(vm: Vm, vcpu: Vcpu, emit: Emit): boolean {
  const { mmu } = vcpu;
  const pgd = isDirect(mmu.role) ? ZERO : guestPgdOf(vcpu);
  const gfn = isDirect(mmu.role) ? 0 : rootGfnOf(pgd);
  const isVisible = isDirect(mmu.role) || isVisibleGfn(vm.memory, gfn);
  const isUsable = isVisible && arePdptesVisible(vm, vcpu);
  if (!isUsable && vm.rules.invisibleRoot === 'triple-fault') {
    makeRequest(vm, vcpu, KVM_REQ.TRIPLE_FAULT, emit);
    return false;
  }
  makePagesAvailable(vm, vcpu, emit);
  const rootLevels = isDirect(mmu.role) ? levelOf(mmu.role) : mmu.guestLevels;
  const hasRootPage = isVisible && rootLevels >= PT64_ROOT_4LEVEL;
  const { page, isNew } = hasRootPage
    ? getPage(vm, vcpu, { gfn, role: mmu.role }, emit)
    : { page: null, isNew: false };
  installRoot(vm, vcpu, isVisible ? pgd : ZERO, page);
  if (isVisible && page === null) loadPaeRoots(vm, vcpu, gfn, emit);
  if (emit !== null) reportLoad(vcpu, { gfn, isNew }, emit);
  syncRoots(vm, vcpu, emit);
  flushTlbCurrent(vm, vcpu, emit);
  return true;
});

/**
 * The guest's pgd, as `get_guest_pgd()` returns it: CR3, the EPT pointer of vmcs12, or nCR3.
 *
 * @see Linux `kvm_mmu_get_guest_pgd()`, `nested_ept_get_eptp()`, `nested_svm_get_tdp_cr3()`
 */
function guestPgdOf({ mmu, regs, nested }: Vcpu): Word {
  const npt = nestedTablesOf(nested);
  if (npt !== null) return npt.nestedCr3;
  if (mmu.name === 'root' || nested.currentVmcs === null) return regs.cr3;
  return eptpOf(nested.currentVmcs) ?? ZERO;
}

/**
 * Whether the page directories of PAE paging lie in memslots; since v6.6 one that does not is taken
 * as not present.
 *
 * @see Linux `mmu_alloc_shadow_roots()`, arch/x86/kvm/mmu/mmu.c
 */
function arePdptesVisible({ memory }: Vm, vcpu: Vcpu): boolean {
  const { mmu } = vcpu;
  if (isDirect(mmu.role) || mmu.guestLevels !== PT32E_ROOT_LEVEL) return true;
  return pdptesOf(memory, vcpu).every(
    (pdpte) => !isPdptePresent(pdpte) || isVisibleGfn(memory, rootGfnOf(pdpte)),
  );
}

/**
 * The PDPTEs of the guest's PAE paging: registers, or, of nested page tables, what is in memory.
 *
 * @see Linux `nested_svm_get_tdp_pdptr()`, arch/x86/kvm/svm/nested.c
 */
function pdptesOf(memory: GuestMemory, { regs, nested }: Vcpu): readonly Word[] {
  const npt = nestedTablesOf(nested);
  if (npt === null) return regs.pdptrs;
  return pdptesAt(memory, wordToNumber(npt.nestedCr3)) ?? [];
}

/** A dummy root, for a guest root that cannot be seen, has no pgd of its own. */
function installRoot(vm: Vm, { mmu, counters }: Vcpu, pgd: Word, page: ShadowPage | null): void {
  if (page !== null) page.rootCount += 1;
  const hpa = page === null ? specialFrameOf(vm, mmu) : page.hpa;
  fillRoot(recordAt(mmu, CURRENT), pgd, hpa, page);
  counters.loaded += 1;
}

/**
 * Fills the four entries of a PAE root. Under PAE paging each shadows the page directory of a
 * PDPTE, under 32-bit paging a quarter of the one directory; without paging each maps a gigabyte.
 *
 * @see Linux `mmu_alloc_shadow_roots()`, `mmu_alloc_direct_roots()`, arch/x86/kvm/mmu/mmu.c
 */
function loadPaeRoots(vm: Vm, vcpu: Vcpu, rootGfn: number, emit: Emit): void {
  const { mmu } = vcpu;
  for (let index = 0; index < PAE_ROOTS; index += 1) {
    const gfn = isDirect(mmu.role)
      ? index * FRAMES_PER_GIGABYTE
      : directoryOf(vm, vcpu, index, rootGfn);
    if (gfn === null) {
      mmu.paeRoots[index] = null;
      continue;
    }
    const role = paeRootRole(mmu.role, index);
    const { page } = getPage(vm, vcpu, { gfn, role }, emit);
    page.rootCount += 1;
    mmu.paeRoots[index] = page;
  }
}

/** Frame of the guest's page directory for a gigabyte; null where a PDPTE leads to none. */
function directoryOf({ memory }: Vm, vcpu: Vcpu, index: number, rootGfn: number): number | null {
  if (vcpu.mmu.guestLevels !== PT32E_ROOT_LEVEL) return rootGfn;
  const pdpte = pdptesOf(memory, vcpu)[index] as Word;
  return isPdptePresent(pdpte) && isVisibleGfn(memory, rootGfnOf(pdpte)) ? rootGfnOf(pdpte) : null;
}

/** A PAE or dummy root is a page of the MMU itself: one, allocated when it is first needed. */
function specialFrameOf(vm: Vm, mmu: Mmu): number {
  if (mmu.specialHpa === 0) mmu.specialHpa = takeFrame(vm);
  return mmu.specialHpa;
}

function reportLoad(
  vcpu: Vcpu,
  { gfn, isNew }: { gfn: number; isNew: boolean },
  emit: NonNullable<Emit>,
): void {
  const { pgd, hpa, page } = recordAt(vcpu.mmu, CURRENT);
  emit(vcpu, {
    kind: 'root-allocated',
    mmu: vcpu.mmu.name,
    pgd,
    hpa,
    gfn,
    level: levelOf(vcpu.mmu.role),
    page: page === null ? 'special' : isNew ? 'new' : 'existing',
  });
}
