import type { Unnamed } from '../exhibit.js';
import { FAILED_ENTRY } from './failed-entry.js';

export const needSyncPostedT1b: Unnamed = {
  ...FAILED_ENTRY,
  source: 'RFC of 26 May 2021, trap T1b',
  amiss: { policy: 'need-sync-posted' },
  sound: { policy: 'need-sync' },
};
