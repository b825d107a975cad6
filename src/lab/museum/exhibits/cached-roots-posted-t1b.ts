import type { Unnamed } from '../exhibit.js';
import { FAILED_ENTRY } from './failed-entry.js';

export const cachedRootsPostedT1b: Unnamed = {
  ...FAILED_ENTRY,
  source: 'Mail of 2 August 2021, trap T1b',
  amiss: { policy: 'cached-roots-posted' },
  sound: { policy: 'cached-roots' },
};
