import type { Fate, Invalidation, Policy } from '../policies/index.js';
import type { Mend } from './mend.js';

/** While PCIDE is clear, a root that was flushed is not kept for a switch which may not sync it. */
export const mainlineT17: Mend = {
  policyOf: (policy) => ({ ...policy, fateOf: (met) => fateOf(policy, met) }),
};

function fateOf(policy: Policy, met: Invalidation): Fate {
  const fate = policy.fateOf(met);
  const isFlush = met.by === 'mov-cr3' || met.by === 'invpcid-single';
  return isFlush && met.of === 'previous' && !met.pcide && fate === 'keep' ? 'free' : fate;
}
