import { seam } from '../seam.js';
import {
  indexOfRef,
  pageOfRef,
  type ShadowPage,
  type ShadowPages,
  SPTES_PER_PAGE,
  spteRef,
  type Vm,
} from '../state/index.js';
import { linkSpte, NO_SPTE, type Spte, spteAt, storeSpte, targetOf } from './spte.js';

/** The page that a non-leaf entry links. */
export function childOf({ table }: ShadowPages, spte: Spte): ShadowPage {
  return table[targetOf(spte)] as ShadowPage;
}

/**
 * Links a page below an entry. What is unsync below it is then unsync below every ancestor.
 *
 * @see Linux `link_shadow_page()`, arch/x86/kvm/mmu/mmu.c
 */
export const linkPage = seam(function linkPage(
  vm: Vm,
  parent: ShadowPage,
  index: number,
  child: ShadowPage,
): void {
  storeSpte(parent, index, linkSpte(child));
  child.parents.push(spteRef(parent, index));
  if (child.unsync || child.unsyncChildren > 0) markUnsyncChild(vm, parent, index);
});

/** @see Linux `drop_parent_pte()`, arch/x86/kvm/mmu/mmu.c */
export function unlinkPage(parent: ShadowPage, index: number, child: ShadowPage): void {
  child.parents.splice(child.parents.indexOf(spteRef(parent, index)), 1);
  storeSpte(parent, index, NO_SPTE);
}

/** Removes every entry that leads to a page. @see Linux `kvm_mmu_unlink_parents()` */
export function unlinkParents(shadow: ShadowPages, child: ShadowPage): void {
  for (const ref of child.parents) storeSpte(pageOfRef(shadow, ref), indexOfRef(ref), NO_SPTE);
  child.parents.length = 0;
}

/**
 * Every ancestor of a page learns that something below it is unsync.
 *
 * @see Linux `kvm_mmu_mark_parents_unsync()`, arch/x86/kvm/mmu/mmu.c
 */
export const markParentsUnsync = seam(function markParentsUnsync(vm: Vm, page: ShadowPage): void {
  for (const ref of page.parents) {
    markUnsyncChild(vm, pageOfRef(vm.shadow, ref), indexOfRef(ref));
  }
});

/** @see Linux `mark_unsync()`, arch/x86/kvm/mmu/mmu.c */
export const markUnsyncChild = seam(function markUnsyncChild(
  vm: Vm,
  parent: ShadowPage,
  index: number,
): void {
  parent.unsyncChildBitmap ??= new Uint32Array(SPTES_PER_PAGE / 32);
  const bit = 1 << (index & 31);
  const word = index >> 5;
  const bits = parent.unsyncChildBitmap[word] as number;
  if ((bits & bit) !== 0) return;
  parent.unsyncChildBitmap[word] = bits | bit;
  parent.unsyncChildren += 1;
  if (parent.unsyncChildren === 1) markParentsUnsync(vm, parent);
});

/** @see Linux `clear_unsync_child_bit()`, arch/x86/kvm/mmu/mmu.c */
export function clearUnsyncChild(parent: ShadowPage, index: number): void {
  const bitmap = parent.unsyncChildBitmap as Uint32Array;
  bitmap[index >> 5] = (bitmap[index >> 5] as number) & ~(1 << (index & 31));
  parent.unsyncChildren -= 1;
}

/** Indices of the entries below which something may be unsync, in rising order. */
function unsyncIndices({ unsyncChildBitmap }: ShadowPage): number[] {
  const indices: number[] = [];
  for (const [word, bits] of (unsyncChildBitmap ?? []).entries()) {
    for (let bit = 0; bit < 32; bit += 1) if ((bits >>> bit) & 1) indices.push(word * 32 + bit);
  }
  return indices;
}

/** An unsync page, and the entries that lead to it from the page where the search began. */
export interface UnsyncLeaf {
  readonly page: ShadowPage;
  /** Nearest first. */
  readonly path: readonly { readonly page: ShadowPage; readonly index: number }[];
}

/** Room for the pages, parents included, that one search finds. @see Linux `KVM_PAGE_ARRAY_NR` */
const KVM_PAGE_ARRAY_NR = 16;

/**
 * Finds unsync pages below a page, as many as one batch holds; bits that lead to none are cleared.
 *
 * @see Linux `mmu_unsync_walk()`, arch/x86/kvm/mmu/mmu.c
 */
export function unsyncBelow(shadow: ShadowPages, root: ShadowPage): UnsyncLeaf[] {
  if (root.unsyncChildren === 0) return [];
  const batch: Batch = { leaves: [], room: KVM_PAGE_ARRAY_NR - 1 };
  gather(shadow, root, [], batch);
  return batch.leaves;
}

interface Batch {
  readonly leaves: UnsyncLeaf[];
  room: number;
}

/** @returns How many unsync pages it found; null once the batch is full. */
function gather(
  shadow: ShadowPages,
  page: ShadowPage,
  above: UnsyncLeaf['path'],
  batch: Batch,
): number | null {
  let found = 0;
  for (const index of unsyncIndices(page)) {
    const spte = spteAt(page, index);
    const child = spte === NO_SPTE ? null : childOf(shadow, spte);
    const path = [{ page, index }, ...above];
    if (child !== null && child.unsyncChildren > 0) {
      batch.room -= 1;
      if (batch.room === 0) return null;
      const below = gather(shadow, child, path, batch);
      if (below === null) return null;
      if (below === 0) clearUnsyncChild(page, index);
      found += below;
    } else if (child?.unsync) {
      found += 1;
      if (batch.leaves.some((leaf) => leaf.page === child)) continue;
      batch.leaves.push({ page: child, path });
      batch.room -= 1;
      if (batch.room === 0) return null;
    } else {
      clearUnsyncChild(page, index);
    }
  }
  return found;
}

/**
 * A leaf is unsync no more: its bits go, up to the first ancestor below which something else is.
 *
 * @see Linux `mmu_pages_clear_parents()`, arch/x86/kvm/mmu/mmu.c
 */
export function clearParents({ path }: UnsyncLeaf): void {
  for (const { page, index } of path) {
    if (isUnsyncChild(page, index)) clearUnsyncChild(page, index);
    if (page.unsyncChildren > 0) return;
  }
}

function isUnsyncChild({ unsyncChildBitmap }: ShadowPage, index: number): boolean {
  return (((unsyncChildBitmap?.[index >> 5] ?? 0) >>> (index & 31)) & 1) === 1;
}
