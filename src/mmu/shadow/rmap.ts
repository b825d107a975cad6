import type { PageRun } from '../machine/index.js';
import { seam } from '../seam.js';
import {
  indexOfRef,
  pageOfRef,
  type ShadowPage,
  type ShadowPages,
  spteRef,
  type Vm,
} from '../state/index.js';
import { isMmuWritableSpte, readOnlySpte, spteAt, storeSpte } from './spte.js';

/** A leaf maps a guest frame from now on. @see Linux `rmap_add()`, arch/x86/kvm/mmu/mmu.c */
export function addRmap(shadow: ShadowPages, gfn: number, page: ShadowPage, index: number): void {
  const refs = shadow.rmaps.get(gfn);
  if (refs === undefined) shadow.rmaps.set(gfn, [spteRef(page, index)]);
  else refs.push(spteRef(page, index));
}

/** @see Linux `rmap_remove()`, arch/x86/kvm/mmu/mmu.c */
export function removeRmap(
  shadow: ShadowPages,
  gfn: number,
  page: ShadowPage,
  index: number,
): void {
  const refs = shadow.rmaps.get(gfn) as number[];
  if (refs.length === 1) shadow.rmaps.delete(gfn);
  else refs.splice(refs.indexOf(spteRef(page, index)), 1);
}

/** The leaves that map a guest frame. */
export function rmapOf(shadow: ShadowPages, gfn: number): { page: ShadowPage; index: number }[] {
  const refs = shadow.rmaps.get(gfn) ?? [];
  return refs.map((ref) => ({ page: pageOfRef(shadow, ref), index: indexOfRef(ref) }));
}

/** The guest frames of a run that any leaf maps. */
export function gfnsIn({ rmaps }: ShadowPages, { first, count }: PageRun): number[] {
  if (count > rmaps.size) {
    return [...rmaps.keys()].filter((gfn) => gfn >= first && gfn < first + count);
  }
  const run = Array.from({ length: count }, (_, i) => first + i);
  return run.filter((gfn) => rmaps.has(gfn));
}

/**
 * Takes away the right to write a guest frame, wherever it is mapped.
 *
 * @returns Whether any leaf had it: then every vCPU's TLB is to be flushed.
 * @see Linux `kvm_mmu_slot_gfn_write_protect()`, arch/x86/kvm/mmu/mmu.c
 */
export const writeProtectGfn = seam(function writeProtectGfn(vm: Vm, gfn: number): boolean {
  const { shadow } = vm;
  let isProtected = false;
  for (const ref of shadow.rmaps.get(gfn) ?? []) {
    if (writeProtectSpte(pageOfRef(shadow, ref), indexOfRef(ref))) isProtected = true;
  }
  return isProtected;
});

/**
 * @returns Whether the leaf could be written through.
 * @see Linux `spte_write_protect()`, arch/x86/kvm/mmu/mmu.c
 */
export function writeProtectSpte(page: ShadowPage, index: number): boolean {
  const spte = spteAt(page, index);
  if (!isMmuWritableSpte(spte)) return false;
  storeSpte(page, index, readOnlySpte(spte));
  return true;
}
