import {
  A,
  cr3,
  efer,
  expecting,
  invlpg,
  onGuest,
  PT,
  pf,
  read,
  storeWord,
  X,
} from '../../../mmu/scenes/index.js';
import type { Unnamed } from '../exhibit.js';

/**
 * Bit 63 of an entry is "execute disable", or reserved while EFER.NX is clear. INVLPG drops global
 * pages too, which a MOV CR3 would leave to whatever the entry was when it was read otherwise.
 */
const scene = onGuest([
  ...[storeWord(PT, '0x8000000000010067'), cr3(A), read(X)],
  ...[efer('0x500'), invlpg(X), expecting(pf(0x9), read(X))],
]);

export const mainlineNx: Unnamed = {
  title: 'Tables that were shadowed with EFER.NX are used without it',
  source: 'Linux itself',
  what: 'The role of a shadow root always says NX: an entry with bit 63 maps where it is reserved.',
  lifetime: { first: '5.19', last: null, repair: null, seenOn: ['6.1.192', '6.12.118', '7.3.4'] },
  where: 'kvm_init_shadow_mmu()',
  amiss: { policy: 'mainline' },
  sound: { kernel: '5.14' },
  judge: 'oracle',
  scene,
};
