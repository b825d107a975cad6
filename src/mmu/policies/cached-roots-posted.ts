import { cachedRoots } from './cached-roots.js';
import type { Invalidation, Policy } from './policy.js';

/**
 * The author's reply of August 2021 as mailed: bit 63 of `pgd` says that no sync was requested
 * since the last one, so it is set again as soon as one is requested, though the request may be
 * spent on another root. CR4 is left as in v5.14, which resets the context.
 */
export const cachedRootsPosted: Policy = {
  ...cachedRoots,
  name: 'cached-roots-posted',
  summary: 'The reply as mailed: bit 63 of pgd is the mark, forgotten when the sync is requested.',
  source: 'LKML, 2 August 2021, as mailed',
  costBytes: 0,
  costNote: 'Bit 63 of each pgd; four root infos take the room of three and the current one.',
  isSound: false,
  fateOf(invalidation: Invalidation) {
    const { by } = invalidation;
    if (by === 'cr4-flush') return 'free';
    return by === 'pcide-on' ? 'keep' : cachedRoots.fateOf(invalidation);
  },
  forgetsMark: 'when-raised',
};
