import type { Unnamed } from '../exhibit.js';
import { LOST_MARK } from './lost-mark.js';

export const cachedRootsPostedT1a: Unnamed = {
  ...LOST_MARK,
  source: 'Mail of 2 August 2021, trap T1a',
  amiss: { policy: 'cached-roots-posted' },
  sound: { policy: 'cached-roots' },
};
