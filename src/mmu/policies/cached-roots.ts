import type { Policy } from './policy.js';
import { unsyncRoots } from './unsync-roots.js';

/**
 * The author's reply of August 2021, made sound: current and previous roots form one array, and
 * every root that an invalidation covers is marked, the current one included. A mark is forgotten
 * only when its sync, or its flush, was done. It decides as `unsync-roots` does, and keeps the
 * marks elsewhere.
 */
export const cachedRoots: Policy = {
  ...unsyncRoots,
  name: 'cached-roots',
  summary: 'One array of roots, all of them marked rather than freed; settled, then forgotten.',
  source: 'LKML, 2 August 2021, with the mark kept until it is settled',
  costBytes: 0,
  costNote:
    'Bit 63 of each pgd holds one due; the other takes a byte of the 4 that padding leaves free.',
};
