import {
  A,
  B,
  cr3,
  MOVED,
  MUTANT,
  OTHER,
  onGuest,
  PT,
  pte,
  READ_MOVED,
  read,
  store,
  X,
} from '../scenes/index.js';
import { around, without } from '../seam.js';
import { linkPage, markUnsyncChild } from '../shadow/links.js';
import type { Defect } from './defect.js';

export const linkHidesUnsync: Defect = {
  title: 'A link hides what is unsync below it',
  source: MUTANT,
  what: 'An unsync page is linked and the new parent does not learn of it.',
  lifetime: null,
  where: 'link_shadow_page()',
  seams: [
    around(linkPage, (sound) => (vm, parent, index, child) => {
      sound(without(vm, markUnsyncChild), parent, index, child);
    }),
  ],
  judge: 'oracle',
  scene: onGuest([
    ...[store(B + 0x2010, A + 0x3067), read(X), MOVED, cr3(B), READ_MOVED],
    ...[store(PT, pte(OTHER)), cr3(B), read(X, OTHER)],
  ]),
};
