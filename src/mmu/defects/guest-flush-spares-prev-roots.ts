import { flushedFromAfar, invpcid, MUTANT, onGuest } from '../scenes/index.js';
import { CURRENT } from '../schema/index.js';
import type { Defect } from './defect.js';
import { sparing } from './sparing.js';

export const guestFlushSparesPrevRoots: Defect = {
  title: 'A guest flush forgets the cache',
  source: MUTANT,
  what: 'TLB_FLUSH_GUEST leaves stale previous roots in their slots.',
  lifetime: null,
  where: 'kvm_mmu_sync_prev_roots()',
  seams: [sparing(({ by }, slot) => by === 'guest-flush' && slot !== CURRENT)],
  judge: 'oracle',
  scene: onGuest(flushedFromAfar(invpcid(2, 0))),
};
