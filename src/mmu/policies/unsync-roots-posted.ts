import type { Invalidation, Policy } from './policy.js';
import { unsyncRoots } from './unsync-roots.js';

/**
 * The reviewer's snippet exactly as mailed, on v5.14, which unloads the MMU for a guest-wide flush.
 * It has holes: the mark of a root that is found is lost in the rotation as its request is raised;
 * that of the current root is never cleared, and so passes to whichever root is current next; and
 * the array does not follow the rotation that fills an invalid current root.
 */
export const unsyncRootsPosted: Policy = {
  ...unsyncRoots,
  name: 'unsync-roots-posted',
  summary: 'The counter-proposal as mailed: parallel flags that do not follow every rotation.',
  source: 'LKML, 29 July 2021, as mailed',
  costBytes: 0,
  costNote: 'Four bools in the 4 bytes that padding leaves free.',
  isSound: false,
  fateOf(invalidation: Invalidation) {
    const { by, of } = invalidation;
    if (by === 'guest-flush' || by === 'cr4-flush') return 'free';
    if (by === 'pcide-on') return 'keep';
    if (of === 'current' && by !== 'invept-single' && by !== 'invept-all') return 'keep';
    return unsyncRoots.fateOf(invalidation);
  },
  forgetsMark: 'when-raised',
  marksLive: 'beside-slots',
};
