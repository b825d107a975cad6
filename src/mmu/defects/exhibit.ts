import type { KernelRules } from '../kernel/index.js';

/** A way in which the model can be made wrong: a bug that KVM had, or one of our making. */
export interface Exhibit {
  /** A few words, for a list. */
  readonly title: string;
  /** Commit that mended it, with its title; or `mutant`. */
  readonly source: string;
  /** What is done wrong, in one sentence. */
  readonly what: string;
  /** Function in which it was, or would be. */
  readonly where: string;
  /** The bug is the rule of another kernel: what is put in place of the kernel's own. */
  readonly rules?: Partial<KernelRules>;
}

/** Kept together, so that a catalogue names the same source wherever it stands. */
export const MUTANT = 'mutant';
