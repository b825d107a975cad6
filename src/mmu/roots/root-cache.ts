import { isSameWord, type Word } from '../machine/index.js';
import { seam } from '../seam.js';
import { isDirect } from '../shadow/index.js';
import { type Mmu, prevRootCount, type RootInfo, rootAt, type Vm } from '../state/index.js';

/** No slot holds a usable root. */
export const NOT_FOUND = -2;

/**
 * The slot of the first root that can be used as it is: same pgd in full, low bits included, and
 * same role in full; a direct root serves any pgd. One without a page is never usable. There is no
 * test of unsync here.
 *
 * @returns `CURRENT`, an index into `prevRoots`, or {@link NOT_FOUND}.
 */
export const findRoot = seam(function findRoot(
  _vm: Vm,
  { slots }: Mmu,
  pgd: Word,
  role: number,
): number {
  for (let place = 0; place < slots.length; place += 1) {
    if (isRootUsable(slots[place] as RootInfo, pgd, role)) return place - 1;
  }
  return NOT_FOUND;
});

/** @see Linux `is_root_usable()`, arch/x86/kvm/mmu/mmu.c */
function isRootUsable({ page, pgd: cached }: RootInfo, pgd: Word, role: number): boolean {
  return page !== null && page.role === role && (isDirect(role) || isSameWord(cached, pgd));
}

/**
 * Makes a previous root the current one. The displaced root goes to the front and those before the
 * found one move back by one, holes included: slots are positional. After a miss this brings up
 * the victim, which is then freed as the current root.
 *
 * @see Linux `cached_root_find_and_keep_current()`, and its swap chain before v5.18
 */
export function rotateIn({ slots }: Mmu, slot: number): void {
  let moved = slots[slot + 1] as RootInfo;
  for (let place = 0; place <= slot + 1; place += 1) {
    const displaced = slots[place] as RootInfo;
    slots[place] = moved;
    moved = displaced;
  }
}

/**
 * Fills an invalid current root from the cache. Those behind the found one move up by one, and the
 * hole that was the current root comes last.
 *
 * @see Linux `cached_root_find_without_current()`
 */
export function fillIn({ slots }: Mmu, slot: number): void {
  const last = slots.length - 1;
  const hole = slots[0] as RootInfo;
  slots[0] = slots[slot + 1] as RootInfo;
  for (let place = slot + 1; place < last; place += 1) slots[place] = slots[place + 1] as RootInfo;
  slots[last] = hole;
}

/** Slots of `prev_roots` that are empty: bit n is that of slot n. */
export function holesOf(mmu: Mmu): number {
  let holes = 0;
  for (let slot = 0; slot < prevRootCount(mmu); slot += 1) {
    if (rootAt(mmu, slot) === null) holes |= 1 << slot;
  }
  return holes;
}
