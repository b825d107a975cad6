import { cachedRoots } from './cached-roots.js';
import type { Policy } from './policy.js';

/**
 * The reviewer's counter-proposal of July 2021, made sound: `root_unsync` and `unsync_roots[]`
 * move with their roots in every rotation, and a mark is forgotten only when it is settled. INVEPT
 * becomes a sync and a flush that wait for the next entry to L2. It decides as `cached-roots`
 * does; what differs is where the marks are kept.
 */
export const unsyncRoots: Policy = {
  ...cachedRoots,
  name: 'unsync-roots',
  summary: 'Marks in arrays beside the roots, which rotate together; INVEPT is deferred too.',
  source: 'LKML, 29 July 2021, with the marks rotated and kept until they are settled',
  costBytes: 0,
  costNote: 'Four bytes of flags, two bits each, in the 4 bytes that padding leaves free.',
};
