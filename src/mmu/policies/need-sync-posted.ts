import { needSync } from './need-sync.js';
import type { Invalidation, Policy } from './policy.js';

/**
 * The RFC of May 2021 exactly as mailed. It has holes: the mark is forgotten when the request is
 * raised, though the request may be spent on another root; and a flushing MOV CR3 leaves the other
 * roots of its PCID untouched, as the kernel below the RFC did.
 */
export const needSyncPosted: Policy = {
  ...needSync,
  name: 'need-sync-posted',
  summary:
    'The RFC as mailed: the flag is dropped when the sync is requested, not when it is done.',
  source: 'LKML, 26 May 2021, as mailed',
  costBytes: 24,
  costNote: 'The flag pads each of the three 16-byte previous root infos to 24 bytes.',
  isSound: false,
  fateOf(invalidation: Invalidation) {
    const { by, of } = invalidation;
    if (by === 'cr4-flush') return 'free';
    if (by === 'mov-cr3' || by === 'pcide-on') return 'keep';
    if (of === 'current' && by !== 'invept-single' && by !== 'invept-all') return 'keep';
    return needSync.fateOf(invalidation);
  },
  forgetsMark: 'when-raised',
};
