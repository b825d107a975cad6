import { mainline } from './mainline.js';
import type { Invalidation, Policy } from './policy.js';

/**
 * The RFC of May 2021, made sound: previous roots are marked with a flag of their own, and a mark
 * is forgotten only when it is settled. As in the RFC, INVEPT still frees the current root, and
 * all of them if it is global.
 */
export const needSync: Policy = {
  ...mainline,
  name: 'need-sync',
  summary: 'A flag in each root info: previous roots are marked, and synced before their reuse.',
  source: 'LKML, 26 May 2021, ported to requests, with the flag kept until it is settled',
  costBytes: 32,
  costNote: 'Two flags pad each of the four 16-byte root infos to 24 bytes.',
  fateOf({ by, of }: Invalidation) {
    switch (by) {
      case 'mov-cr3':
      case 'invpcid-single':
      case 'guest-flush':
        return 'mark';
      case 'cr4-flush':
        return 'keep';
      case 'pcide-on':
        return of === 'current' ? 'keep' : 'mark';
      case 'invept-single':
        return of === 'current' ? 'free' : 'mark';
      case 'invept-all':
        return 'free';
    }
  },
  requestsOnReuse: (dues) => dues,
};
