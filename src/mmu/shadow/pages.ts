import { makeAllCpusRequest } from '../requests/index.js';
import type { Emit, ShadowPage, Vcpu, Vm } from '../state/index.js';
import { isInvalid, levelOf, ROLE } from './role.js';

/** Free pages below which KVM recycles, and how many it then makes free. */
const KVM_MIN_FREE_MMU_PAGES = 5;
const KVM_REFILL_PAGES = 25;

/** A page, and whether it had to be created. */
export interface FoundPage {
  readonly page: ShadowPage;
  readonly isNew: boolean;
}

/**
 * Finds the valid shadow page of a guest table in a role, or creates it. A freed root's page lives
 * on until it is zapped, so a root that was dropped is usually found again.
 *
 * @see Linux `kvm_mmu_get_page()`, `kvm_mmu_find_shadow_page()`, arch/x86/kvm/mmu/mmu.c
 */
export function getPage(
  vm: Vm,
  vcpu: Vcpu,
  { gfn, role }: { gfn: number; role: number },
  emit: Emit,
): FoundPage {
  const pages = vm.shadow.byGfn.get(gfn);
  const existing = pages?.find((page) => page.role === role && !isObsolete(vm, page));
  if (existing !== undefined) return { page: existing, isNew: false };

  makePagesAvailable(vm, vcpu, emit);
  const page: ShadowPage = {
    hpa: takeFrame(vm),
    gfn,
    role,
    rootCount: 0,
    generation: vm.shadow.generation,
    unsyncChildren: 0,
  };
  vm.shadow.active.add(page);
  const siblings = vm.shadow.byGfn.get(gfn);
  if (siblings === undefined) vm.shadow.byGfn.set(gfn, [page]);
  else siblings.push(page);
  emit?.(vcpu, { kind: 'page-allocated', hpa: page.hpa, gfn, level: levelOf(role), role });
  return { page, isNew: true };
}

/** @returns A simulated host frame that was never given out before. */
export function takeFrame({ shadow }: Vm): number {
  const hpa = shadow.nextHpa;
  shadow.nextHpa += 4096;
  return hpa;
}

/**
 * Whether a page must not be used any more: it was zapped, or belongs to the other generation.
 *
 * @see Linux `is_obsolete_sp()`, arch/x86/kvm/mmu/mmu.c
 */
export function isObsolete({ shadow }: Vm, page: ShadowPage): boolean {
  return isInvalid(page.role) || page.generation !== shadow.generation;
}

/**
 * Whether a root's shadow has pages below it that are out of step with the guest's tables.
 *
 * @see Linux `is_unsync_root()`, arch/x86/kvm/mmu/mmu.c
 */
export function isUnsyncRoot(page: ShadowPage | null): boolean {
  return page !== null && page.unsyncChildren > 0;
}

/**
 * A memslot was deleted or moved: all pages become obsolete at once, every vCPU is told to drop
 * the roots among them, and the pages go.
 *
 * @see Linux `kvm_mmu_zap_all_fast()`, arch/x86/kvm/mmu/mmu.c
 */
export function zapAllFast(vm: Vm, vcpu: Vcpu, emit: Emit): void {
  vm.shadow.generation = 1 - vm.shadow.generation;
  makeAllCpusRequest(vm.vcpus, vm.rules.zapRequest, emit);
  for (const page of vm.shadow.active) zapPage(vm, vcpu, page, emit);
}

/** A root slot lets go of its page. A page that was zapped meanwhile dies with its last slot. */
export function releasePage(page: ShadowPage): void {
  page.rootCount -= 1;
}

/**
 * Recycles the oldest pages when the VM has as many as it may have. A page that is a root is
 * passed over: this is what cached roots, marked or not, are spared and dropped ones are not.
 *
 * @see Linux `make_mmu_pages_available()`, `kvm_mmu_zap_oldest_mmu_pages()`
 */
function makePagesAvailable(vm: Vm, vcpu: Vcpu, emit: Emit): void {
  const { active } = vm.shadow;
  if (vm.config.mmuPages - active.size >= KVM_MIN_FREE_MMU_PAGES) return;
  let wanted = KVM_REFILL_PAGES - (vm.config.mmuPages - active.size);
  for (const page of active) {
    if (wanted === 0) return;
    if (page.rootCount > 0) continue;
    zapPage(vm, vcpu, page, emit);
    wanted -= 1;
  }
}

/** A page that is a root outlives its zap, invalid, until its last slot lets go of it. */
function zapPage({ shadow }: Vm, vcpu: Vcpu, page: ShadowPage, emit: Emit): void {
  emit?.(vcpu, {
    kind: 'page-zapped',
    hpa: page.hpa,
    gfn: page.gfn,
    level: levelOf(page.role),
    rootCount: page.rootCount,
  });
  page.role |= ROLE.INVALID;
  shadow.active.delete(page);
  const siblings = shadow.byGfn.get(page.gfn) as ShadowPage[];
  siblings.splice(siblings.indexOf(page), 1);
  if (siblings.length === 0) shadow.byGfn.delete(page.gfn);
}
