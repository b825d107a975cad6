import type { KernelRules } from '../kernel/index.js';
import type { Wrapper } from '../seam.js';

/** A way to close a hole that KVM has to this day. */
export interface Mend {
  /** The rule of a kernel that does not have it. */
  readonly rules?: Partial<KernelRules>;
  /** Wrappers, which no kernel has, of the functions that the hole is in. */
  readonly seams?: readonly Wrapper[];
}
