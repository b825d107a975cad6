import {
  A,
  cr3,
  cr4,
  expecting,
  FRAME_A,
  onGuest,
  PT,
  pf,
  pte,
  READ_ONLY,
  read,
  store,
  writeWithAc,
  X,
} from '../../../mmu/scenes/index.js';
import type { Unnamed } from '../exhibit.js';

/** CR0.WP is clear and CR4.SMAP set; the first page of data is the user's, and read-only. */
const scene = onGuest(
  [
    ...[store(PT, pte(FRAME_A, READ_ONLY)), cr4('0x2000a0'), cr3(A)],
    ...[writeWithAc(X), expecting(pf(0x1), read(X))],
  ],
  { config: { registers: { cr0: '0x80000033', cr3: '0x100000', cr4: '0xa0', efer: '0xd00' } } },
);

export const mainlineSmap: Unnamed = {
  title: 'A write with EFLAGS.AC takes a page out of SMAP',
  source: 'Linux itself',
  what: "With CR0.WP clear, a write over a read-only page of the user makes it the supervisor's.",
  lifetime: { first: '3.16', last: null, repair: null },
  where: 'FNAME(page_fault)',
  amiss: { policy: 'mainline' },
  sound: { paging: 'ept' },
  judge: 'oracle',
  scene,
};
