import type { Unnamed } from '../exhibit.js';
import { FAILED_ENTRY } from './failed-entry.js';

export const unsyncRootsPostedT1b: Unnamed = {
  ...FAILED_ENTRY,
  source: 'Mail of 29 July 2021, trap T1b',
  amiss: { policy: 'unsync-roots-posted' },
  sound: { policy: 'unsync-roots' },
};
