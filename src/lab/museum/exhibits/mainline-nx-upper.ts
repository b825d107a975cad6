import {
  A,
  cr3,
  efer,
  expecting,
  invlpg,
  onGuest,
  PD,
  pf,
  read,
  storeWord,
  X,
} from '../../../mmu/scenes/index.js';
import type { Unnamed } from '../exhibit.js';

/** The entry of the directory that leads to the table of the data has bit 63 set. */
const scene = onGuest([
  ...[storeWord(PD + 2 * 8, '0x8000000000103067'), cr3(A), read(X)],
  ...[efer('0x500'), invlpg(X), expecting(pf(0x9), read(X))],
]);

export const mainlineNxUpper: Unnamed = {
  title: 'Upper tables that were shadowed with EFER.NX are used without it',
  source: 'Linux itself',
  what: 'An entry above the last table, with bit 63 set, leads on where that bit is reserved.',
  lifetime: { first: '5.19', last: null, repair: null, seenOn: ['6.1.192', '6.12.118', '7.3.4'] },
  where: 'kvm_init_shadow_mmu()',
  amiss: { policy: 'mainline' },
  sound: { kernel: '5.14' },
  judge: 'oracle',
  scene,
};
