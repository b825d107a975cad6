import {
  hvFlush,
  MUTANT,
  ON_HYPER_V,
  on,
  onGuest,
  PT,
  pte,
  read,
  SPARE,
  store,
  X,
} from '../scenes/index.js';
import { around } from '../seam.js';
import { flushTlbGvas } from '../tlb/index.js';
import type { Defect } from './defect.js';

/** The page after the first one of data, and its entry. */
const NEXT = X + 0x1000;
const NEXT_MOVED = store(PT + 8, pte(SPARE));

export const hvFlushFirstPageOnly: Defect = {
  title: 'Of a run of pages the first is flushed',
  source: MUTANT,
  what: 'An entry of a list names pages that follow one another, and the first alone is flushed.',
  lifetime: null,
  where: 'kvm_hv_vcpu_flush_tlb()',
  seams: [
    around(flushTlbGvas, (sound) => (vm, vcpu, { first }, emit, cause) => {
      sound(vm, vcpu, { first, count: 1 }, emit, cause);
    }),
  ],
  judge: 'oracle',
  scene: onGuest([read(NEXT), on(1, NEXT_MOVED), hvFlush(X + 1), read(NEXT, SPARE)], ON_HYPER_V),
};
