import type { Unnamed } from '../exhibit.js';
import { LOST_MARK } from './lost-mark.js';

export const unsyncRootsPostedT1a: Unnamed = {
  ...LOST_MARK,
  source: 'Mail of 29 July 2021, trap T1a',
  amiss: { policy: 'unsync-roots-posted' },
  sound: { policy: 'unsync-roots' },
};
