import { cachedRoots } from './cached-roots.js';
import type { Invalidation, Policy } from './policy.js';

/**
 * The RFC of May 2021, made sound: previous roots are marked with a flag of their own, and a mark
 * is forgotten only when it is settled. As in the RFC, INVEPT still frees the current root, and
 * all of them if it is global.
 */
export const needSync: Policy = {
  ...cachedRoots,
  name: 'need-sync',
  summary: 'A flag in each root info: previous roots are marked, and synced before their reuse.',
  source: 'LKML, 26 May 2021, ported to requests, with the flag kept until it is settled',
  costBytes: 32,
  costNote: 'Two flags pad each of the four 16-byte root infos to 24 bytes.',
  fateOf(invalidation: Invalidation) {
    const { by, of } = invalidation;
    if (by === 'invept-all' || (by === 'invept-single' && of === 'current')) return 'free';
    return cachedRoots.fateOf(invalidation);
  },
};
