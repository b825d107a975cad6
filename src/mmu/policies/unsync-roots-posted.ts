import type { Invalidation, Policy } from './policy.js';
import { unsyncRoots } from './unsync-roots.js';

/**
 * The reviewer's snippet exactly as mailed. It has holes: the found root's mark is never stored
 * back as the current one's, the array does not follow the rotation that fills an invalid current
 * root, and a mark is forgotten when its request is raised.
 */
export const unsyncRootsPosted: Policy = {
  ...unsyncRoots,
  name: 'unsync-roots-posted',
  summary: 'The counter-proposal as mailed: parallel flags that do not follow every rotation.',
  source: 'LKML, 29 July 2021, as mailed',
  costBytes: 0,
  costNote: 'Four bools in the 4 bytes that padding leaves free.',
  fateOf(invalidation: Invalidation) {
    const { by, of } = invalidation;
    if (by === 'pcide-on') return 'keep';
    if (of === 'current' && by !== 'invept-single' && by !== 'invept-all') return 'keep';
    return unsyncRoots.fateOf(invalidation);
  },
  forgetsMark: 'when-raised',
  marksLive: 'beside-slots',
};
