import { ACC_EXEC } from '../machine/index.js';
import {
  cr4,
  execute,
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

export const wpOverrideKeepsExec: Defect = {
  title: 'A write with CR0.WP clear defeats SMEP',
  source: MUTANT,
  what: 'The leaf that a supervisor may write stays executable.',
  lifetime: null,
  where: 'FNAME(page_fault)',
  seams: [around(accOverWp, (sound) => (vm, vcpu, acc) => sound(vm, vcpu, acc) | (acc & ACC_EXEC))],
  judge: 'oracle',
  scene: onGuest([
    ...[store(PT, pte(FRAME_A, READ_ONLY)), WP_OFF, cr4('0x1000a0')],
    ...[expecting(OK, write(X)), expecting(pf(0x11), execute(X))],
  ]),
};
