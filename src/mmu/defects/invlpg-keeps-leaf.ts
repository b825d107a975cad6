import { invlpg, MOVED, MUTANT, onGuest, READ_MOVED, read, X } from '../scenes/index.js';
import { around } from '../seam.js';
import { invalidateAddressBelow } from '../shadow/index.js';
import type { Defect } from './defect.js';

export const invlpgKeepsLeaf: Defect = {
  title: 'INVLPG keeps the leaf',
  source: MUTANT,
  what: 'INVLPG finds an unsync page and does not touch its leaf.',
  lifetime: null,
  where: 'FNAME(invlpg)',
  seams: [around(invalidateAddressBelow, () => () => undefined)],
  judge: 'oracle',
  scene: onGuest([read(X), MOVED, invlpg(X), READ_MOVED]),
};
