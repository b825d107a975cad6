import { type ShadowPage, type ShadowPages, spteRef } from '../state/index.js';
import { childOf } from './links.js';
import { isTracked } from './pages.js';
import { addRmap } from './rmap.js';
import { levelOf } from './role.js';
import { isPresentSpte, NO_SPTE, targetOf } from './spte.js';

/** Works out what follows from the entries: who links each page, what maps each guest frame. */
export function relinkPages(shadow: ShadowPages): void {
  for (const page of shadow.table) if (page !== null) relinkPage(shadow, page);
}

/** Works out which guest frames are write-tracked. */
export function trackActive(shadow: ShadowPages): void {
  for (const page of shadow.active) {
    if (!isTracked(page)) continue;
    shadow.writeTracked.set(page.gfn, (shadow.writeTracked.get(page.gfn) ?? 0) + 1);
  }
}

function relinkPage(shadow: ShadowPages, page: ShadowPage): void {
  const { spt } = page;
  if (spt === null) return;
  for (let index = 0; index < spt.length; index += 1) {
    const spte = spt[index] as number;
    if (spte === NO_SPTE) continue;
    if (levelOf(page.role) > 1) childOf(shadow, spte).parents.push(spteRef(page, index));
    else if (isPresentSpte(spte)) addRmap(shadow, targetOf(spte), page, index);
  }
}
