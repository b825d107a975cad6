import { gfnToGpa } from '../../../mmu/index.js';
import {
  A,
  cr3,
  cr4,
  expecting,
  FRAME_A,
  onGuest,
  pf,
  read,
  storeHalf,
} from '../../../mmu/scenes/index.js';
import type { Unnamed } from '../exhibit.js';

/** Bit 7 of a directory entry is "page size", or without meaning while CR4.PSE is clear. */
const FOUR_MIB = 0xc00000;
const IN_IT = FOUR_MIB + gfnToGpa(FRAME_A);
const scene = onGuest(
  [
    ...[storeHalf(A + (FOUR_MIB / 2 ** 22) * 4, 0xe7), read(IN_IT)],
    ...[cr4('0x0'), cr3(A), expecting(pf(0x0), read(IN_IT))],
  ],
  { mode: '32-bit' },
);

export const mainlinePse: Unnamed = {
  title: 'Tables that were shadowed with CR4.PSE are used without it',
  source: 'Linux itself',
  what: 'The role of a page does not say PSE: an entry with bit 7 maps 4 MiB in place of a table.',
  lifetime: { first: '2.6.20', last: null, repair: null, seenOn: ['6.1.192', '6.12.118', '7.3.4'] },
  where: 'kvm_post_set_cr4()',
  amiss: { policy: 'mainline' },
  sound: { paging: 'ept' },
  judge: 'oracle',
  scene,
};
