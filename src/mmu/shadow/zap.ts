import { makeAllCpusRequest } from '../requests/index.js';
import { seam } from '../seam.js';
import { type Emit, type ShadowPage, SPTES_PER_PAGE, type Vcpu, type Vm } from '../state/index.js';
import { zapEntry } from './entries.js';
import { childOf, clearParents, unlinkParents, unsyncBelow } from './links.js';
import { forgetPage, isObsolete, unhashPage } from './pages.js';
import { isGuestMode, isInvalid, levelOf, ROLE } from './role.js';
import { NO_SPTE, spteAt } from './spte.js';
import { unlinkUnsyncPage } from './unsync.js';

/**
 * Zaps a page: nothing leads to it or is reached through it any more. What is unsync below it is
 * zapped with it. A page that is a root lives on, invalid, until its last slot lets go of it, and
 * every vCPU is told to drop it.
 *
 * @returns How many pages are gone: if any, every TLB is to be flushed.
 * @see Linux `kvm_mmu_prepare_zap_page()`, arch/x86/kvm/mmu/mmu.c
 */
export const prepareZapPage = seam(function prepareZapPage(
  vm: Vm,
  vcpu: Vcpu,
  page: ShadowPage,
  emit: Emit,
): number {
  const { shadow } = vm;
  reportZap(vcpu, page, emit);
  let zapped = zapUnsyncChildren(vm, vcpu, page, emit);
  zapped += zapEntries(vm, vcpu, page, emit);
  unlinkParents(shadow, page);
  const isNews = !isObsolete(vm, page);
  if (!isInvalid(page.role)) unhashPage(shadow, page);
  if (page.unsync) unlinkUnsyncPage(vcpu, page, emit);
  page.role |= ROLE.INVALID;
  if (page.rootCount > 0) {
    if (isNews) makeAllCpusRequest(vm, vm.rules.zapRequest, emit);
    return zapped;
  }
  forgetPage(shadow, page);
  return zapped + 1;
});

function reportZap(vcpu: Vcpu, { hpa, gfn, role, rootCount }: ShadowPage, emit: Emit): void {
  emit?.(vcpu, { kind: 'page-zapped', hpa, gfn, level: levelOf(role), rootCount });
}

/** Zaps what a search finds unsync below a page. @see Linux `mmu_zap_unsync_children()` */
function zapUnsyncChildren(vm: Vm, vcpu: Vcpu, page: ShadowPage, emit: Emit): number {
  let zapped = 0;
  for (;;) {
    const leaves = unsyncBelow(vm.shadow, page);
    if (leaves.length === 0) return zapped;
    for (const leaf of leaves) {
      zapped += prepareZapPage(vm, vcpu, leaf.page, emit);
      clearParents(leaf);
    }
  }
}

/**
 * Empties a page. A child that only it led to is left for others to find, unless it belongs to an
 * EPT: those are rarely used again.
 *
 * @see Linux `kvm_mmu_page_unlink_children()`, `mmu_page_zap_pte()`
 */
function zapEntries(vm: Vm, vcpu: Vcpu, page: ShadowPage, emit: Emit): number {
  if (page.spt === null) return 0;
  let zapped = 0;
  for (let index = 0; index < SPTES_PER_PAGE; index += 1) {
    const orphan = zapEntry(vm, page, index);
    if (orphan !== null && goesWithParent(vm, orphan)) {
      zapped += prepareZapPage(vm, vcpu, orphan, emit);
    }
  }
  return zapped;
}

export function goesWithParent({ config, rules }: Vm, { role, rootCount }: ShadowPage): boolean {
  if (rootCount > 0 && rules.orphanRootsStay) return false;
  return config.paging === 'ept' && isGuestMode(role);
}

/** Pages were zapped: what TLBs hold of them goes. @see Linux `kvm_mmu_commit_zap_page()` */
export function commitZap(vm: Vm, zapped: number, emit: Emit): void {
  if (zapped > 0) flushRemoteTlbs(vm, emit);
}

/** @see Linux `kvm_flush_remote_tlbs()`, virt/kvm/kvm_main.c */
export const flushRemoteTlbs = seam(function flushRemoteTlbs(vm: Vm, emit: Emit): void {
  makeAllCpusRequest(vm, 'TLB_FLUSH', emit);
});

/**
 * A memslot was deleted or moved: all pages become obsolete at once, every vCPU is told to drop
 * the roots among them, and the pages go.
 *
 * @see Linux `kvm_mmu_zap_all_fast()`, arch/x86/kvm/mmu/mmu.c
 */
export function zapAllFast(vm: Vm, vcpu: Vcpu, emit: Emit): void {
  const { shadow, rules } = vm;
  shadow.generation = 1 - shadow.generation;
  makeAllCpusRequest(vm, rules.zapRequest, emit);
  let zapped = 0;
  for (const page of shadow.active) zapped += prepareZapPage(vm, vcpu, page, emit);
  commitZap(vm, zapped, emit);
  zapTdpRoots(vm, vcpu, emit);
}

/**
 * The direct MMU under EPT gives up all its roots, some levels at a time. No TLB is flushed: the
 * next root has another frame, and with it another tag.
 *
 * @see Linux `kvm_tdp_mmu_zap_invalidated_roots()`, arch/x86/kvm/mmu/tdp_mmu.c
 */
function zapTdpRoots(vm: Vm, vcpu: Vcpu, emit: Emit): void {
  for (const root of vm.shadow.tdpRoots.splice(0)) {
    for (const level of vm.rules.tdpZapLevels) zapTdpBelow(vm, vcpu, { page: root, level }, emit);
    zapTdpEntries(vm, vcpu, root, emit);
    root.role |= ROLE.INVALID;
    if (root.rootCount === 0) forgetPage(vm.shadow, root);
  }
}

/** Empties the pages of a level below a page. */
function zapTdpBelow(
  vm: Vm,
  vcpu: Vcpu,
  { page, level }: { page: ShadowPage; level: number },
  emit: Emit,
): void {
  if (levelOf(page.role) === level) {
    zapTdpEntries(vm, vcpu, page, emit);
    return;
  }
  for (let index = 0; index < SPTES_PER_PAGE; index += 1) {
    const spte = spteAt(page, index);
    if (spte === NO_SPTE) continue;
    zapTdpBelow(vm, vcpu, { page: childOf(vm.shadow, spte), level }, emit);
  }
}

/** Each page that an entry led to goes, and then what is below it. @see `handle_removed_pt()` */
function zapTdpEntries(vm: Vm, vcpu: Vcpu, page: ShadowPage, emit: Emit): void {
  if (page.spt === null) return;
  for (let index = 0; index < SPTES_PER_PAGE; index += 1) {
    const orphan = zapEntry(vm, page, index);
    if (orphan === null) continue;
    reportZap(vcpu, orphan, emit);
    zapTdpEntries(vm, vcpu, orphan, emit);
    orphan.role |= ROLE.INVALID;
    forgetPage(vm.shadow, orphan);
  }
}

/** Free pages below which KVM recycles, and how many it then makes free. */
const KVM_MIN_FREE_MMU_PAGES = 5;
const KVM_REFILL_PAGES = 25;

/**
 * Recycles the oldest pages when the VM has as many as it may have. A page that is a root is
 * passed over: this is what cached roots, marked or not, are spared and dropped ones are not.
 *
 * @see Linux `make_mmu_pages_available()`, `kvm_mmu_zap_oldest_mmu_pages()`
 */
export function makePagesAvailable(vm: Vm, vcpu: Vcpu, emit: Emit): void {
  const { active } = vm.shadow;
  const free = vm.config.mmuPages - active.size;
  if (free >= KVM_MIN_FREE_MMU_PAGES) return;
  let zapped = 0;
  for (const page of active) {
    if (free + zapped >= KVM_REFILL_PAGES) break;
    if (page.rootCount === 0) zapped += prepareZapPage(vm, vcpu, page, emit);
  }
  commitZap(vm, zapped, emit);
}

/**
 * A root slot lets go of its page. A page that was zapped meanwhile dies with its last slot.
 *
 * @returns How many pages are gone.
 * @see Linux `mmu_free_root_page()`, arch/x86/kvm/mmu/mmu.c
 */
export function releasePage(vm: Vm, vcpu: Vcpu, page: ShadowPage, emit: Emit): number {
  page.rootCount -= 1;
  if (page.rootCount > 0 || !isInvalid(page.role)) return 0;
  if (page.tdp) {
    forgetPage(vm.shadow, page);
    return 0;
  }
  return prepareZapPage(vm, vcpu, page, emit);
}
