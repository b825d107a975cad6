import type { PageRun } from '../machine/index.js';
import { indexOfRef, pageOfRef, type ShadowPage, type Vm } from '../state/index.js';
import { gfnsIn, writeProtectGfn, writeProtectSpte } from './rmap.js';
import { isGuestMode } from './role.js';
import { cleanSpte, isDirtySpte, spteAt, storeSpte } from './spte.js';

/**
 * Whether the processor logs the pages that L1 writes (PML), so that KVM need not write-protect
 * them. KVM reads its log at every exit, long before anyone asks: here a page is dirty at once.
 *
 * @see Linux `cpu_dirty_log_size`, `vmx_flush_pml_buffer()`, arch/x86/kvm/vmx/vmx.c
 */
export function usesPml({ config }: Vm): boolean {
  return config.vendor === 'vmx' && config.paging === 'ept';
}

/**
 * The next write to each page of a run is to be noticed: it faults, or has the processor set D. While
 * L2 runs nothing is logged, as addresses would be those of L2, so that its leaves are protected.
 *
 * @param run Guest frames.
 * @returns Whether a write went through any leaf unnoticed until now.
 * @see Linux `kvm_arch_mmu_enable_log_dirty_pt_masked()`, `kvm_mmu_slot_leaf_clear_dirty()`
 */
export function watchWrites(vm: Vm, run: PageRun): boolean {
  let wasUnwatched = false;
  for (const gfn of gfnsIn(vm.shadow, run)) {
    if (usesPml(vm) ? cleanGfn(vm, gfn) : writeProtectGfn(vm, gfn)) wasUnwatched = true;
  }
  return wasUnwatched;
}

/**
 * Whether the processor logs a page when it sets D in a leaf of this shadow page.
 *
 * @see Intel SDM Vol. 3C, "Page-Modification Logging"
 * @see Linux `kvm_mmu_page_ad_need_write_protect()`, arch/x86/kvm/mmu/mmu_internal.h
 */
export function logsWrites(vm: Vm, { role }: ShadowPage): boolean {
  return usesPml(vm) && !isGuestMode(role);
}

/** @see Linux `__rmap_clear_dirty()`, arch/x86/kvm/mmu/mmu.c */
function cleanGfn({ shadow }: Vm, gfn: number): boolean {
  let wasUnwatched = false;
  for (const ref of shadow.rmaps.get(gfn) ?? []) {
    if (cleanLeaf(pageOfRef(shadow, ref), indexOfRef(ref))) wasUnwatched = true;
  }
  return wasUnwatched;
}

function cleanLeaf(page: ShadowPage, index: number): boolean {
  if (isGuestMode(page.role)) return writeProtectSpte(page, index);
  const spte = spteAt(page, index);
  if (!isDirtySpte(spte)) return false;
  storeSpte(page, index, cleanSpte(spte));
  return true;
}
