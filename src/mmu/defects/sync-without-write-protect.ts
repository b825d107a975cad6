import {
  A,
  cr3,
  MUTANT,
  OTHER,
  onGuest,
  PT,
  pte,
  read,
  reloaded,
  store,
  X,
} from '../scenes/index.js';
import { around, withAlso } from '../seam.js';
import { writeProtectGfn } from '../shadow/rmap.js';
import { syncBatch } from '../shadow/sync.js';
import type { Defect } from './defect.js';

export const syncWithoutWriteProtect: Defect = {
  title: 'A synced table stays writable',
  source: MUTANT,
  what: 'A sync does not take away the right to write the table.',
  lifetime: null,
  where: 'mmu_sync_children()',
  seams: [
    around(syncBatch, (sound) => (vm, vcpu, parent, done, emit) => {
      const unprotected = around(writeProtectGfn, () => () => false);
      return sound(withAlso(vm, unprotected), vcpu, parent, done, emit);
    }),
  ],
  judge: 'oracle',
  scene: onGuest([...reloaded, ...[store(PT, pte(OTHER)), cr3(A), read(X, OTHER)]]),
};
