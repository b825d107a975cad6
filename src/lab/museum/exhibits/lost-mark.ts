import {
  A,
  B,
  cr3,
  enter,
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

/** The root is marked, switched to and away again before the guest runs. */
const scene = onGuest([
  ...[PCIDE, cr3(A + 1), read(X), nf(B + 2), MOVED, invpcid(1, 1)],
  ...[loadRoot(A + 1), loadRoot(B + 2), enter, nf(A + 1), READ_MOVED],
]);

/** Trap T1a, into which each of the proposals falls. */
export const LOST_MARK = {
  title: 'A mark is forgotten when its request is raised',
  what: 'Two switches without an entry spend the sync that the first one asked for on the second.',
  lifetime: null,
  where: 'kvm_mmu_new_pgd()',
  judge: 'oracle',
  scene,
} as const satisfies Partial<Unnamed>;
