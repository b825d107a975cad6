import {
  A,
  B,
  cr3,
  invpcid,
  loadRoot,
  MOVED,
  nf,
  onGuest,
  PCIDE,
  READ_MOVED,
  read,
  X,
} from '../../../mmu/scenes/index.js';
import type { Unnamed } from '../exhibit.js';

/** A hole at the current root is filled, and the roots behind it move up without their marks. */
const scene = onGuest([
  ...[PCIDE, cr3(A + 1), read(X), nf(B + 2), nf(B + 3), MOVED, invpcid(1, 1)],
  { command: { kind: 'free-roots', vcpu: 0, mmu: 'root', roots: ['current'] } },
  ...[loadRoot(B + 2), nf(A + 1), READ_MOVED],
]);

export const unsyncRootsPostedT9: Unnamed = {
  title: 'Parallel arrays drift apart',
  source: 'Mail of 29 July 2021, trap T9',
  what: 'Roots move up into an empty current slot, and their marks stay where they were.',
  lifetime: null,
  where: 'cached_root_find_without_current()',
  amiss: { policy: 'unsync-roots-posted' },
  sound: { policy: 'unsync-roots' },
  judge: 'oracle',
  scene,
};
