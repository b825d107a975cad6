import { KVM_REQ, makeRequest } from '../requests/index.js';
import { seam } from '../seam.js';
import type { Emit, ShadowPage, Vcpu, Vm } from '../state/index.js';
import { createPage, isObsolete } from './pages.js';
import { writeProtectGfn } from './rmap.js';
import { hasGptes, isDirect, levelOf } from './role.js';
import { syncPage } from './sync.js';
import { commitZap, flushRemoteTlbs, prepareZapPage } from './zap.js';

/** A page, and whether it had to be created. */
export interface FoundPage {
  readonly page: ShadowPage;
  readonly isNew: boolean;
}

/**
 * Finds the valid shadow page of a guest table in a role, or creates it. A freed root's page lives
 * on until it is zapped, so a root that was dropped is usually found again.
 *
 * @see Linux `kvm_mmu_get_shadow_page()`, arch/x86/kvm/mmu/mmu.c
 */
export function getPage(
  vm: Vm,
  vcpu: Vcpu,
  wanted: { gfn: number; role: number },
  emit: Emit,
): FoundPage {
  if (isTdp(vm, vcpu, wanted.role)) return getTdpPage(vm, vcpu, wanted, emit);
  const existing = findShadowPage(vm, vcpu, wanted, emit);
  if (existing !== null) return { page: existing, isNew: false };
  const page = createPage(vm, vcpu, { ...wanted, tdp: false }, emit);
  // From now on writes to the table are seen, or make the page unsync.
  if (hasGptes(wanted.role) && writeProtectGfn(vm, wanted.gfn)) flushRemoteTlbs(vm, emit);
  return { page, isNew: true };
}

/**
 * Whether a page is to be of the MMU that maps memory directly. A direct page below a large page of
 * L1's EPT is not.
 */
function isTdp({ config }: Vm, { mmu }: Vcpu, role: number): boolean {
  return config.paging === 'ept' && mmu.name === 'root' && isDirect(role);
}

/**
 * A page of the direct MMU under EPT. Its roots are found by their role; what is below them hangs
 * from one root alone.
 *
 * @see Linux `kvm_tdp_mmu_get_vcpu_root_hpa()`, arch/x86/kvm/mmu/tdp_mmu.c
 */
function getTdpPage(
  vm: Vm,
  vcpu: Vcpu,
  wanted: { gfn: number; role: number },
  emit: Emit,
): FoundPage {
  const { tdpRoots } = vm.shadow;
  const isRoot = wanted.role === vcpu.mmu.role;
  const existing = isRoot ? tdpRoots.find(({ role }) => role === wanted.role) : undefined;
  if (existing !== undefined) return { page: existing, isNew: false };
  const page = createPage(vm, vcpu, { ...wanted, tdp: true }, emit);
  if (isRoot) tdpRoots.unshift(page);
  return { page, isNew: true };
}

/**
 * An unsync page that is found is brought up to date, but stays unsync: writes to the table are
 * not seen before the guest flushes. Where a table above level 1 is wanted, the unsync pages that
 * the frame had as a table of level 1 go, because it will be write-protected.
 *
 * @see Linux `kvm_mmu_find_shadow_page()`, arch/x86/kvm/mmu/mmu.c
 */
function findShadowPage(
  vm: Vm,
  vcpu: Vcpu,
  { gfn, role }: { gfn: number; role: number },
  emit: Emit,
): ShadowPage | null {
  let zapped = 0;
  let found: ShadowPage | null = null;
  let next = vm.shadow.byGfn.get(gfn) ?? null;
  while (next !== null && found === null) {
    const page = next;
    // A page that is zapped has no sibling any more.
    next = page.sibling;
    if (isObsolete(vm, page)) continue;
    if (hasRole(vm, page, role)) found = page;
    else if (levelOf(role) > 1 && page.unsync) zapped += prepareZapPage(vm, vcpu, page, emit);
  }
  if (found !== null && !isDirect(role)) {
    if (found.unsync && !freshen(vm, vcpu, found, emit)) {
      zapped += prepareZapPage(vm, vcpu, found, emit);
      found = null;
    } else {
      if (vm.rules.foundPageSync === 'request' && found.unsyncChildren > 0) {
        makeRequest(vm, vcpu, KVM_REQ.MMU_SYNC, emit);
      }
      found.writeFloodingCount = 0;
    }
  }
  commitZap(vm, zapped, emit);
  return found;
}

export const hasRole = seam(function hasRole(_vm: Vm, page: ShadowPage, role: number): boolean {
  return page.role === role;
});

/** @returns False if the page cannot be synced. */
function freshen(vm: Vm, vcpu: Vcpu, page: ShadowPage, emit: Emit): boolean {
  const synced = syncPage(vm, vcpu, page, emit);
  if (synced === 'failed') return false;
  if (vm.rules.foundPageSync === 'request') makeRequest(vm, vcpu, KVM_REQ.TLB_FLUSH_CURRENT, emit);
  else if (synced === 'changed') flushRemoteTlbs(vm, emit);
  return true;
}
