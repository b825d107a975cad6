import { PT_ACCESSED, PT_PRESENT } from '../machine/index.js';
import { FRAME_A, MUTANT, onGuest, PT, pte, read, seen, store, X } from '../scenes/index.js';
import { around } from '../seam.js';
import { readGpte } from '../shadow/gpte.js';
import type { Defect } from './defect.js';

const UNACCESSED = 0x47;

export const accessedBitLost: Defect = {
  title: 'A page is made usable ahead of its A bit',
  source: MUTANT,
  what: 'A leaf is prefetched from an entry that was never accessed.',
  lifetime: null,
  where: 'FNAME(prefetch_invalid_gpte)',
  seams: [
    around(readGpte, (sound) => (vm, page, index) => {
      const entry = sound(vm, page, index);
      const isPresent = (entry.low & PT_PRESENT) !== 0;
      return isPresent ? { page: entry.page, low: entry.low | PT_ACCESSED } : entry;
    }),
  ],
  judge: 'conformance',
  scene: onGuest([
    ...[store(PT + 8, pte(FRAME_A + 1, UNACCESSED)), read(X), read(X + 4096)],
    read(seen(PT + 8), pte(FRAME_A + 1)),
  ]),
};
