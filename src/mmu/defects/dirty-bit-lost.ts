import { PT_DIRTY, PT_PRESENT } from '../machine/index.js';
import { FRAME_A, MUTANT, onGuest, PT, pte, read, seen, store, write, X } from '../scenes/index.js';
import { around } from '../seam.js';
import { readGpte } from '../shadow/gpte.js';
import type { Defect } from './defect.js';

const CLEAN = 0x27;

export const dirtyBitLost: Defect = {
  title: 'A clean page is writable ahead of its D bit',
  source: MUTANT,
  what: "A leaf made ahead of a write is writable though the guest's is not dirty.",
  lifetime: null,
  where: 'FNAME(prefetch_gpte)',
  seams: [
    around(readGpte, (sound) => (vm, page, index) => {
      const entry = sound(vm, page, index);
      const isPresent = (entry.low & PT_PRESENT) !== 0;
      return isPresent ? { page: entry.page, low: entry.low | PT_DIRTY } : entry;
    }),
  ],
  judge: 'oracle',
  scene: onGuest([
    ...[store(PT + 8, pte(FRAME_A + 1, CLEAN)), read(X), write(X + 4096)],
    read(seen(PT + 8), pte(FRAME_A + 1)),
  ]),
};
