import { A, cr3, MOVED, MUTANT, onGuest, READ_MOVED, read, X } from '../scenes/index.js';
import { around } from '../seam.js';
import { syncCurrent } from '../vcpu/service-requests.js';
import type { Defect } from './defect.js';

export const syncRequestUnserviced: Defect = {
  title: 'MMU_SYNC is cleared and not serviced',
  source: MUTANT,
  what: 'The request goes and no root is synced.',
  lifetime: null,
  where: 'vcpu_enter_guest()',
  seams: [around(syncCurrent, () => () => undefined)],
  judge: 'oracle',
  scene: onGuest([read(X), MOVED, cr3(A), READ_MOVED]),
};
