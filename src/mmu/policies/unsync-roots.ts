import { mainline } from './mainline.js';
import type { Invalidation, Policy } from './policy.js';

/**
 * The reviewer's counter-proposal of July 2021, made sound: `root_unsync` and `unsync_roots[]`
 * move with their roots in every rotation, and a mark is forgotten only when it is settled. INVEPT
 * becomes a sync and a flush that wait for the next entry to L2.
 */
export const unsyncRoots: Policy = {
  ...mainline,
  name: 'unsync-roots',
  summary: 'Marks in arrays beside the roots, which rotate together; INVEPT is deferred too.',
  source: 'LKML, 29 July 2021, with the marks rotated and kept until they are settled',
  costBytes: 0,
  costNote: 'Four bytes of flags, two bits each, in the 4 bytes that padding leaves free.',
  fateOf({ by, of }: Invalidation) {
    if (by === 'cr4-flush') return 'keep';
    return by === 'pcide-on' && of === 'current' ? 'keep' : 'mark';
  },
  requestsOnReuse: (dues) => dues,
};
