import { mainline } from './mainline.js';
import type { Invalidation, Policy } from './policy.js';

/** Mainline with one change: INVEPT marks the roots that it covers instead of freeing them. */
export const inveptDeferred: Policy = {
  ...mainline,
  name: 'invept-deferred',
  summary: 'Mainline, but INVEPT is a sync and a flush that wait for the next entry to L2.',
  source: 'LKML, 29 July 2021, its second point alone',
  costNote: 'Two bits a root, in the 4 bytes that padding leaves free.',
  fateOf(invalidation: Invalidation) {
    const { by } = invalidation;
    return by === 'invept-single' || by === 'invept-all' ? 'mark' : mainline.fateOf(invalidation);
  },
  requestsOnReuse: (dues) => dues,
};
