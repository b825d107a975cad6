import { seam } from '../seam.js';
import type { Emit, ShadowPage, Vcpu, Vm } from '../state/index.js';
import { markParentsUnsync } from './links.js';
import { hasGptes } from './role.js';

/**
 * A writable leaf for a guest frame that is itself a shadowed table is wanted. The table's pages
 * at level 1 may become unsync, so that the guest writes it freely until it flushes; a table above
 * level 1 may not.
 *
 * @param canUnsync Whether pages may become unsync at all; not while one is being synced.
 * @param prefetch Whether the leaf is made ahead of an access.
 * @returns Whether the leaf may be writable.
 * @see Linux `mmu_try_to_unsync_pages()`, arch/x86/kvm/mmu/mmu.c
 */
export const tryToUnsyncPages = seam(function tryToUnsyncPages(
  vm: Vm,
  vcpu: Vcpu,
  { gfn, canUnsync, prefetch }: { gfn: number; canUnsync: boolean; prefetch: boolean },
  emit: Emit,
): boolean {
  const { shadow } = vm;
  if (shadow.writeTracked.has(gfn)) return false;
  for (let page = shadow.byGfn.get(gfn) ?? null; page !== null; page = page.sibling) {
    if (!hasGptes(page.role)) continue;
    if (!canUnsync) return false;
    if (page.unsync) continue;
    if (prefetch && !vm.rules.prefetchUnsyncs) return false;
    unsyncPage(vm, vcpu, page, emit);
  }
  return true;
});

/** @see Linux `kvm_unsync_page()`, arch/x86/kvm/mmu/mmu.c */
export const unsyncPage = seam(function unsyncPage(
  vm: Vm,
  vcpu: Vcpu,
  page: ShadowPage,
  emit: Emit,
): void {
  emit?.(vcpu, { kind: 'page-unsynced', hpa: page.hpa, gfn: page.gfn });
  page.unsync = true;
  markParentsUnsync(vm, page);
});

/**
 * A page is unsync no more, because it is being synced or zapped.
 *
 * @see Linux `kvm_unlink_unsync_page()`, arch/x86/kvm/mmu/mmu.c
 */
export function unlinkUnsyncPage(vcpu: Vcpu, page: ShadowPage, emit: Emit): void {
  emit?.(vcpu, { kind: 'page-synced', hpa: page.hpa, gfn: page.gfn });
  page.unsync = false;
}
