import {
  A,
  cr3,
  cr4,
  FRAME_A,
  FRAME_B,
  hostWrite,
  onGuest,
  pte,
  read,
  storeHalf,
} from '../../../mmu/scenes/index.js';
import type { Unnamed } from '../exhibit.js';

/** A directory entry with bit 7: it names the table at 4 MiB, or maps the 4 MiB from there. */
const FOUR_MIB = 0xc00000;
const TABLE = 0x400000;
const IN_IT = FOUR_MIB + FRAME_A * 4096;
const scene = onGuest(
  [
    ...[hostWrite(TABLE + FRAME_A * 4, pte(FRAME_B)), storeHalf(A + 3 * 4, TABLE + 0xe7)],
    ...[cr4('0x0'), cr3(A), read(IN_IT, FRAME_B), cr4('0x10'), cr3(A), read(IN_IT, 0)],
  ],
  { mode: '32-bit' },
);

export const mainlinePseSet: Unnamed = {
  title: 'Tables that were shadowed without CR4.PSE are used with it',
  source: 'Linux itself',
  what: 'The role of a page does not say PSE: an entry with bit 7 leads to a table, not to 4 MiB.',
  lifetime: { first: '2.6.20', last: null, repair: null, seenOn: ['6.1.192', '6.12.118', '7.3.4'] },
  where: 'kvm_post_set_cr4()',
  amiss: { policy: 'mainline' },
  sound: { paging: 'ept' },
  judge: 'oracle',
  scene,
};
