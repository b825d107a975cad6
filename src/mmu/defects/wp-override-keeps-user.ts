import { ACC_USER } from '../machine/index.js';
import {
  expecting,
  FRAME_A,
  MUTANT,
  OK,
  onGuest,
  PT,
  pf,
  pte,
  READ_ONLY,
  store,
  WP_OFF,
  write,
  X,
} from '../scenes/index.js';
import { around } from '../seam.js';
import { accOverWp } from '../shadow/page-fault.js';
import type { Defect } from './defect.js';

export const wpOverrideKeepsUser: Defect = {
  title: 'A write with CR0.WP clear opens a page to the user',
  source: MUTANT,
  what: "The leaf that a supervisor may write stays the user's.",
  lifetime: null,
  where: 'FNAME(page_fault)',
  seams: [around(accOverWp, (sound) => (vm, vcpu, acc) => sound(vm, vcpu, acc) | (acc & ACC_USER))],
  judge: 'oracle',
  scene: onGuest([
    ...[store(PT, pte(FRAME_A, READ_ONLY)), WP_OFF, expecting(OK, write(X))],
    expecting(pf(0x7), write(X, 0x6, true)),
  ]),
};
