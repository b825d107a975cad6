import { PAGE_SIZE } from '../machine/index.js';
import type { Emit, ShadowPage, ShadowPages, Vcpu, Vm } from '../state/index.js';
import { hasGptes, isInvalid, levelOf } from './role.js';

/** The valid pages of a guest frame, the newest first. */
export function pagesOfGfn({ shadow }: Pick<Vm, 'shadow'>, gfn: number): ShadowPage[] {
  const pages: ShadowPage[] = [];
  for (let page = shadow.byGfn.get(gfn) ?? null; page !== null; page = page.sibling) {
    pages.push(page);
  }
  return pages;
}

/** @see Linux `kvm_mmu_alloc_shadow_page()`, arch/x86/kvm/mmu/mmu.c */
export function createPage(
  vm: Vm,
  vcpu: Vcpu,
  { gfn, role, tdp }: { gfn: number; role: number; tdp: boolean },
  emit: Emit,
): ShadowPage {
  const { shadow } = vm;
  const page: ShadowPage = {
    id: shadow.freeIds.pop() ?? shadow.table.length,
    hpa: takeFrame(vm),
    gfn,
    tdp,
    role,
    rootCount: 0,
    generation: shadow.generation,
    spt: null,
    isSptShared: false,
    unsync: false,
    unsyncChildren: 0,
    unsyncChildBitmap: null,
    writeFloodingCount: 0,
    parents: [],
    sibling: null,
  };
  shadow.table[page.id] = page;
  if (!tdp) hashPage(shadow, page);
  emit?.(vcpu, { kind: 'page-allocated', hpa: page.hpa, gfn, level: levelOf(role), role });
  return page;
}

function hashPage(shadow: ShadowPages, page: ShadowPage): void {
  const { gfn } = page;
  page.sibling = shadow.byGfn.get(gfn) ?? null;
  shadow.byGfn.set(gfn, page);
  shadow.active.add(page);
  if (isTracked(page)) {
    shadow.writeTracked.set(gfn, (shadow.writeTracked.get(gfn) ?? 0) + 1);
  }
}

/** No fault or load finds the page any more. */
export function unhashPage(shadow: ShadowPages, page: ShadowPage): void {
  const { gfn } = page;
  shadow.active.delete(page);
  const newest = shadow.byGfn.get(gfn) as ShadowPage;
  if (newest !== page) {
    let before = newest;
    while (before.sibling !== page) before = before.sibling as ShadowPage;
    before.sibling = page.sibling;
  } else if (page.sibling === null) {
    shadow.byGfn.delete(gfn);
  } else {
    shadow.byGfn.set(gfn, page.sibling);
  }
  page.sibling = null;
  if (!isTracked(page)) return;
  const others = (shadow.writeTracked.get(gfn) as number) - 1;
  if (others === 0) shadow.writeTracked.delete(gfn);
  else shadow.writeTracked.set(gfn, others);
}

/** Frees the place of a page that nothing holds any more. */
export function forgetPage(shadow: ShadowPages, { id }: ShadowPage): void {
  shadow.table[id] = null;
  shadow.freeIds.push(id);
}

/** @returns A simulated host frame that was never given out before. */
export function takeFrame({ shadow }: Vm): number {
  const hpa = shadow.nextHpa;
  shadow.nextHpa += PAGE_SIZE;
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

/** A guest table above level 1 stays read-only as long as it is shadowed. */
export function isTracked({ role }: Pick<ShadowPage, 'role'>): boolean {
  return hasGptes(role) && levelOf(role) > 1;
}
