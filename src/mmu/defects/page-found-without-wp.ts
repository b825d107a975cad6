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
  WP_ON,
  write,
  X,
} from '../scenes/index.js';
import { around } from '../seam.js';
import { hasRole } from '../shadow/get-page.js';
import { ROLE } from '../shadow/index.js';
import type { Defect } from './defect.js';

export const pageFoundWithoutWp: Defect = {
  title: 'A page is found under another CR0.WP',
  source: MUTANT,
  what: 'The lookup of a shadow page ignores CR0.WP in its role.',
  lifetime: null,
  where: 'kvm_mmu_find_shadow_page()',
  seams: [around(hasRole, () => (_vm, page, role) => ((page.role ^ role) & ~ROLE.CR0_WP) === 0)],
  judge: 'oracle',
  scene: onGuest([
    ...[store(PT, pte(FRAME_A, READ_ONLY)), WP_OFF, expecting(OK, write(X))],
    ...[WP_ON, expecting(pf(0x3), write(X))],
  ]),
};
