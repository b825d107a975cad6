import {
  B,
  cr3,
  FRAME_B,
  MEMSLOTS,
  MUTANT,
  memslot,
  onGuest,
  read,
  SECOND_MEMSLOT,
  X,
} from '../scenes/index.js';
import { around } from '../seam.js';
import { withoutTop } from '../shadow/without-top.js';
import { currentRoot } from '../state/index.js';
import type { Defect } from './defect.js';

export const dummyRootKept: Defect = {
  title: 'A dummy root is never given up',
  source: MUTANT,
  lifetime: null,
  what: 'Where the root of the guest can be seen again, the dummy in its place is not freed.',
  where: 'FNAME(fetch)',
  seams: [
    around(withoutTop, (sound) => (vm, vcpu, emit) => {
      return currentRoot(vcpu.mmu) === null ? sound(vm, vcpu, emit) : 'retry';
    }),
  ],
  judge: 'conformance',
  scene: onGuest(
    [memslot(1, null), cr3(B), read(X), memslot(1, SECOND_MEMSLOT), read(X, FRAME_B)],
    { config: { kernel: '6.12', memory: { memslots: MEMSLOTS } } },
  ),
};
