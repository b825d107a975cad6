import { invalidateRoots } from '../roots/index.js';
import {
  EPTP,
  invept,
  launch,
  leave,
  MUTANT,
  onHypervisor,
  PT,
  pte,
  read,
  resume,
  SPARE,
  store,
  X,
} from '../scenes/index.js';
import { around } from '../seam.js';
import { isUnsyncRoot } from '../shadow/index.js';
import type { Defect } from './defect.js';

export const syncedRootsSpared: Defect = {
  title: 'A covered root is kept if nothing below it is unsync',
  source: MUTANT,
  lifetime: null,
  what: 'Roots that are in step stay when an invalidation covers them, and the hardware is not flushed.',
  where: 'handle_invept()',
  seams: [
    around(invalidateRoots, (sound) => (vm, vcpu, what, emit) => {
      const covers: typeof what.covers = (root, slot) =>
        isUnsyncRoot(root.page) && what.covers(root, slot);
      return sound(vm, vcpu, { ...what, covers }, emit);
    }),
  ],
  judge: 'oracle',
  // L2 edits its own tables: the EPT below which they lie is as it was.
  scene: onHypervisor([
    ...[launch, read(X), store(PT, pte(SPARE)), leave, invept(1, EPTP), resume, read(X, SPARE)],
  ]),
};
