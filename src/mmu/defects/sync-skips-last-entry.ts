import { gfnToGpa } from '../machine/index.js';
import {
  A,
  cr3,
  FRAME_A,
  MUTANT,
  mapped,
  onGuest,
  PT,
  pte,
  read,
  SPARE,
  store,
} from '../scenes/index.js';
import { around } from '../seam.js';
import { NO_SPTE, spteAt, storeSpte } from '../shadow/index.js';
import { syncPage } from '../shadow/sync.js';
import { SPTES_PER_PAGE } from '../state/index.js';
import type { Defect } from './defect.js';

/** The last page that the table of the data maps, and its entry there. */
const LAST_PAGE = 0x5ff000;
const LAST = SPTES_PER_PAGE - 1;

export const syncSkipsLastEntry: Defect = {
  title: 'A sync ends one entry early',
  source: MUTANT,
  what: 'Entry 511 of a page is never brought into step.',
  lifetime: null,
  where: 'FNAME(sync_page)',
  seams: [
    around(syncPage, (sound) => (vm, vcpu, page, emit) => {
      const last = spteAt(page, LAST);
      if (last === NO_SPTE) return sound(vm, vcpu, page, emit);
      storeSpte(page, LAST, NO_SPTE);
      const synced = sound(vm, vcpu, page, emit);
      storeSpte(page, LAST, last);
      return synced;
    }),
  ],
  judge: 'oracle',
  scene: onGuest(
    [read(LAST_PAGE, FRAME_A), store(PT + 511 * 8, pte(SPARE)), cr3(A), read(LAST_PAGE, SPARE)],
    { also: [mapped(LAST_PAGE, gfnToGpa(FRAME_A), 0x10a000)] },
  ),
};
