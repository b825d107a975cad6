import type { HoleName } from '../../../mmu/index.js';
import type { Unnamed } from '../exhibit.js';
import { cachedRootsPostedT1a } from './cached-roots-posted-t1a.js';
import { cachedRootsPostedT1b } from './cached-roots-posted-t1b.js';
import { mainlineHvL2 } from './mainline-hv-l2.js';
import { mainlineNx } from './mainline-nx.js';
import { mainlineNxUpper } from './mainline-nx-upper.js';
import { mainlinePse } from './mainline-pse.js';
import { mainlinePseSet } from './mainline-pse-set.js';
import { mainlinePvL2 } from './mainline-pv-l2.js';
import { mainlineSmap } from './mainline-smap.js';
import { mainlineT17 } from './mainline-t17.js';
import { mainlineT17L2 } from './mainline-t17-l2.js';
import { mainlineVpid12 } from './mainline-vpid12.js';
import { needSyncPostedT1a } from './need-sync-posted-t1a.js';
import { needSyncPostedT1b } from './need-sync-posted-t1b.js';
import { needSyncPostedT16 } from './need-sync-posted-t16.js';
import { needSyncPostedT19 } from './need-sync-posted-t19.js';
import { unsyncRootsPostedT1a } from './unsync-roots-posted-t1a.js';
import { unsyncRootsPostedT1b } from './unsync-roots-posted-t1b.js';
import { unsyncRootsPostedT9 } from './unsync-roots-posted-t9.js';

/** Exhibits in which a guest on mainline itself sees something that the architecture forbids. */
export const HOLES: Readonly<Record<HoleName, Unnamed>> = {
  'mainline-t17': mainlineT17,
  'mainline-t17-l2': mainlineT17L2,
  'mainline-vpid12': mainlineVpid12,
  'mainline-nx': mainlineNx,
  'mainline-nx-upper': mainlineNxUpper,
  'mainline-pse': mainlinePse,
  'mainline-pse-set': mainlinePseSet,
  'mainline-smap': mainlineSmap,
  'mainline-pv-l2': mainlinePvL2,
  'mainline-hv-l2': mainlineHvL2,
};

/** The proposals of the thread as mailed, and where each lets the guest see what is stale. */
export const TRAPS: Readonly<Record<string, Unnamed>> = {
  'need-sync-posted-t1a': needSyncPostedT1a,
  'need-sync-posted-t1b': needSyncPostedT1b,
  'need-sync-posted-t16': needSyncPostedT16,
  'need-sync-posted-t19': needSyncPostedT19,
  'unsync-roots-posted-t1a': unsyncRootsPostedT1a,
  'unsync-roots-posted-t1b': unsyncRootsPostedT1b,
  'unsync-roots-posted-t9': unsyncRootsPostedT9,
  'cached-roots-posted-t1a': cachedRootsPostedT1a,
  'cached-roots-posted-t1b': cachedRootsPostedT1b,
};
