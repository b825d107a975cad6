import type { KernelRules } from '../kernel/index.js';
import type { Policy } from '../policies/index.js';
import type { Wrapper } from '../seam.js';

/** How a hole that KVM has to this day can be closed. */
export interface Mend {
  /** The rule of a kernel that does not have it. */
  readonly rules?: Partial<KernelRules>;
  /** What no kernel does: what is put around the functions that the hole is in. */
  readonly seams?: readonly Wrapper[];
  /** What no policy decides by itself. */
  readonly policyOf?: (policy: Policy) => Policy;
}
