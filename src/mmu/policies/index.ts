import { cachedRoots } from './cached-roots.js';
import { cachedRootsPosted } from './cached-roots-posted.js';
import { fillHoles } from './fill-holes.js';
import { flushOnReuse } from './flush-on-reuse.js';
import { inveptDeferred } from './invept-deferred.js';
import { mainline } from './mainline.js';
import { mainline514 } from './mainline-5.14.js';
import { needSync } from './need-sync.js';
import { needSyncPosted } from './need-sync-posted.js';
import { neverCache } from './never-cache.js';
import type { Policy } from './policy.js';
import { unsyncRoots } from './unsync-roots.js';
import { unsyncRootsPosted } from './unsync-roots-posted.js';

export {
  ALL_DUES,
  type Dues,
  type Fate,
  FLUSH_DUE,
  INVALIDATIONS,
  type Invalidation,
  isPolicysChoice,
  NO_DUES,
  type Policy,
  SYNC_DUE,
} from './policy.js';

/** Every policy by its name, in the order in which they are shown. */
export const POLICIES = {
  'mainline-5.14': mainline514,
  mainline,
  'need-sync': needSync,
  'unsync-roots': unsyncRoots,
  'cached-roots': cachedRoots,
  'need-sync-posted': needSyncPosted,
  'unsync-roots-posted': unsyncRootsPosted,
  'cached-roots-posted': cachedRootsPosted,
  'invept-deferred': inveptDeferred,
  'fill-holes': fillHoles,
  'flush-on-reuse': flushOnReuse,
  'never-cache': neverCache,
} as const satisfies Record<string, Policy>;

export type PolicyName = keyof typeof POLICIES;

export const POLICY_NAMES = Object.keys(POLICIES) as [PolicyName, ...PolicyName[]];

export function policyOf(name: PolicyName): Policy {
  return POLICIES[name];
}
