import type { Unnamed } from '../exhibit.js';
import { LOST_MARK } from './lost-mark.js';

export const needSyncPostedT1a: Unnamed = {
  ...LOST_MARK,
  source: 'RFC of 26 May 2021, trap T1a',
  amiss: { policy: 'need-sync-posted' },
  sound: { policy: 'need-sync' },
};
