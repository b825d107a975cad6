import type { KernelRules } from '../kernel/index.js';
import type { Exhibit } from '../scenes/index.js';
import type { Wrapper } from '../seam.js';

/** A way in which a VM can be made wrong: a bug that KVM had, or one of our making. */
export interface Defect extends Exhibit {
  /** The bug is the rule of another kernel: what is put in place of the kernel's own. */
  readonly rules?: Partial<KernelRules>;
  /** Wrappers of the functions that the bug is in. */
  readonly seams?: readonly Wrapper[];
}
