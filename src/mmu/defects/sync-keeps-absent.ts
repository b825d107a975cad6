import { A, cr3, expecting, MUTANT, onGuest, PT, pf, read, store, X } from '../scenes/index.js';
import { around } from '../seam.js';
import { leafGpte } from '../shadow/gpte.js';
import { syncSpte } from '../shadow/sync.js';
import type { Defect } from './defect.js';

export const syncKeepsAbsent: Defect = {
  title: 'A sync keeps what is gone',
  source: MUTANT,
  what: 'An entry that the guest cleared stays as it is.',
  lifetime: null,
  where: 'FNAME(sync_spte)',
  seams: [
    around(
      syncSpte,
      (sound) => (vm, vcpu, page, index, emit) =>
        leafGpte(vm, vcpu, page, index) !== null && sound(vm, vcpu, page, index, emit),
    ),
  ],
  judge: 'oracle',
  scene: onGuest([read(X), store(PT, 0), cr3(A), expecting(pf(0x0), read(X))]),
};
