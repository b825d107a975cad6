import { MUTANT, onGuest, upperMoved } from '../scenes/index.js';
import { around } from '../seam.js';
import { trackWrite } from '../shadow/index.js';
import type { Defect } from './defect.js';

export const trackedWriteZapsNothing: Defect = {
  title: 'An intercepted write changes nothing',
  source: MUTANT,
  what: 'KVM writes a table for the guest and keeps the entry that shadows it.',
  lifetime: null,
  where: 'kvm_mmu_track_write()',
  seams: [around(trackWrite, () => () => undefined)],
  judge: 'oracle',
  scene: onGuest(upperMoved),
};
