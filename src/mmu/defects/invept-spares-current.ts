import { EPTP, editedEpt, invept, MUTANT, onHypervisor } from '../scenes/index.js';
import { CURRENT } from '../schema/index.js';
import type { Defect } from './defect.js';
import { sparing } from './sparing.js';

export const inveptSparesCurrent: Defect = {
  title: 'INVEPT spares the current root',
  source: MUTANT,
  what: 'INVEPT looks at prev_roots alone.',
  lifetime: null,
  where: 'handle_invept()',
  seams: [sparing(({ by }, slot) => by.startsWith('invept') && slot === CURRENT)],
  judge: 'oracle',
  scene: onHypervisor(editedEpt(invept(1, EPTP))),
};
