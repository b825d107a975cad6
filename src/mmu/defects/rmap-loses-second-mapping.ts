import { editedByTwoWays, MUTANT, onGuest, WITH_ALIAS } from '../scenes/index.js';
import { around } from '../seam.js';
import { updateLeaf } from '../shadow/entries.js';
import { isPresentSpte, spteAt, storeSpte, targetOf } from '../shadow/index.js';
import type { Defect } from './defect.js';

export const rmapLosesSecondMapping: Defect = {
  title: 'A second mapping is not in the reverse map',
  source: MUTANT,
  what: 'A frame that is mapped twice is known to be mapped once.',
  lifetime: null,
  where: 'pte_list_add()',
  seams: [
    around(updateLeaf, (sound) => (vm, page, index, spte) => {
      const isAdded = !isPresentSpte(spteAt(page, index)) && isPresentSpte(spte);
      if (!isAdded || !vm.shadow.rmaps.has(targetOf(spte))) return sound(vm, page, index, spte);
      storeSpte(page, index, spte);
      return false;
    }),
  ],
  judge: 'oracle',
  scene: onGuest(editedByTwoWays, WITH_ALIAS),
};
