import { isSameWord, type Word } from '../machine/index.js';
import { CURRENT } from '../schema/index.js';
import { isDirect } from '../shadow/index.js';
import type { Mmu, RootSlot } from '../state/index.js';

/** No slot holds a usable root. */
export const NOT_FOUND = -2;

/**
 * The slot of the first root that can be used as it is: same pgd in full, low bits included, and
 * same role in full. There is no test of unsync here.
 *
 * @returns {@link CURRENT}, an index into `prevRoots`, or {@link NOT_FOUND}.
 * @see Linux `is_root_usable()`, arch/x86/kvm/mmu/mmu.c
 */
export function findRoot({ root, prevRoots }: Mmu, pgd: Word, role: number): number {
  if (isRootUsable(root, pgd, role)) return CURRENT;
  for (let slot = 0; slot < prevRoots.length; slot += 1) {
    if (isRootUsable(prevRoots[slot] as RootSlot, pgd, role)) return slot;
  }
  return NOT_FOUND;
}

/**
 * Makes a previous root the current one. The displaced root goes to the front and those before the
 * found one move back by one, holes included: slots are positional.
 *
 * @see Linux `cached_root_find_and_keep_current()`, and its swap chain before v5.18
 */
export function rotateIn(mmu: Mmu, slot: number): void {
  const found = mmu.prevRoots[slot] as RootSlot;
  shiftBack(mmu, slot);
  mmu.root = found;
}

/**
 * Fills an invalid current root from the cache. Those behind the found one move up by one.
 *
 * @see Linux `cached_root_find_without_current()`
 */
export function fillIn(mmu: Mmu, slot: number): void {
  const { prevRoots } = mmu;
  mmu.root = prevRoots[slot] as RootSlot;
  for (let i = slot; i < prevRoots.length - 1; i += 1) prevRoots[i] = prevRoots[i + 1] as RootSlot;
  prevRoots[prevRoots.length - 1] = null;
}

/**
 * Moves the current root to the front of the cache, where it may be found again, and gives up the
 * victim's slot for it.
 *
 * @param victim Index into `prevRoots`; -1 gives up the current root itself.
 * @returns The root that fell out; null if the victim's slot was empty.
 */
export function displaceCurrent(mmu: Mmu, victim: number): RootSlot {
  if (victim === CURRENT) {
    const evicted = mmu.root;
    mmu.root = null;
    return evicted;
  }
  const evicted = mmu.prevRoots[victim] as RootSlot;
  shiftBack(mmu, victim);
  mmu.root = null;
  return evicted;
}

/** @returns The root in a slot. */
export function rootAt({ root, prevRoots }: Mmu, slot: number): RootSlot {
  return slot === CURRENT ? root : (prevRoots[slot] ?? null);
}

/** The pgd is compared first: it is what tells most cached roots apart, and it lies nearer. */
function isRootUsable(root: RootSlot, pgd: Word, role: number): boolean {
  if (root === null) return false;
  if (!isDirect(role) && !isSameWord(root.pgd, pgd)) return false;
  return root.page !== null && root.page.role === role;
}

/** Slots 0 to `slot` take their predecessor's root; slot 0 takes the current one. */
function shiftBack({ root, prevRoots }: Mmu, slot: number): void {
  for (let i = slot; i > 0; i -= 1) prevRoots[i] = prevRoots[i - 1] as RootSlot;
  prevRoots[0] = root;
}
