import { PAGE_SIZE } from '../machine/index.js';
import { levelOf } from '../shadow/index.js';
import type { ShadowPage, Vm } from '../state/index.js';
import { settlePages } from './pages.js';
import { renamedCr3, type Swap } from './swap.js';

/** Renames what shadow pages shadow and map, and the roots of every MMU. */
export function renameShadow(vm: Vm, swap: Swap): void {
  const { shadow, vcpus } = vm;
  const named = (gfn: number) => swap.frames.get(gfn) ?? gfn;
  for (const page of shadow.table) if (page !== null) renamePage(page, named);
  for (const map of [shadow.byGfn, shadow.writeTracked, shadow.rmaps] as Map<number, unknown>[]) {
    const entries = [...map];
    map.clear();
    for (const [gfn, what] of entries) map.set(named(gfn), what);
  }
  settlePages(vm);
  for (const { rootMmu, guestMmu } of vcpus) {
    for (const root of [...rootMmu.slots, ...guestMmu.slots]) root.pgd = renamedCr3(root.pgd, swap);
  }
}

function renamePage(page: ShadowPage, named: (gfn: number) => number): void {
  Object.assign(page, { gfn: named(page.gfn) });
  const { spt, role } = page;
  if (spt === null || levelOf(role) > 1) return;
  const entries = spt.slice();
  for (let index = 0; index < entries.length; index += 1) {
    const spte = entries[index] as number;
    if (spte === 0) continue;
    const gfn = Math.floor(spte / PAGE_SIZE);
    entries[index] = spte + (named(gfn) - gfn) * PAGE_SIZE;
  }
  page.spt = entries;
  page.isSptShared = false;
}
