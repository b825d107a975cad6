import { editedByTwoWays, MUTANT, onGuest, WITH_ALIAS } from '../scenes/index.js';
import { around } from '../seam.js';
import { rmapOf, writeProtectGfn, writeProtectSpte } from '../shadow/rmap.js';
import type { Defect } from './defect.js';

export const writeProtectFirstMappingOnly: Defect = {
  title: 'One of several mappings is write-protected',
  source: MUTANT,
  what: 'A table that is mapped twice can still be written unseen.',
  lifetime: null,
  where: 'rmap_write_protect()',
  seams: [
    around(
      writeProtectGfn,
      () => (vm, gfn) =>
        rmapOf(vm.shadow, gfn).some(({ page, index }) => writeProtectSpte(page, index)),
    ),
  ],
  judge: 'oracle',
  scene: onGuest(editedByTwoWays, WITH_ALIAS),
};
