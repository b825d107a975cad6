import type { Scene } from './scene.js';

/**
 * The judges that a mistake shows to: the oracle (an access that the architecture does not allow),
 * conformance (an answer or a word in memory that contradicts the manual), an invariant of the
 * shadow pages, a failed assertion, which would be a crash of the host, or over-invalidation (a root
 * or TLB entries are lost that KVM keeps).
 */
export const JUDGES = [
  'oracle',
  'conformance',
  'invariant',
  'assertion',
  'over-invalidation',
] as const;
export type Judge = (typeof JUDGES)[number];

/** A mistake, and the commands that catch it. */
export interface Exhibit {
  /** A few words, for a list. */
  readonly title: string;
  /** Commit that mended it, with its title; or `mutant`. */
  readonly source: string;
  /** The mistake in one sentence. */
  readonly what: string;
  /** Function in which the mistake was, or would be. */
  readonly where: string;
  /** The judge that is to catch it. */
  readonly judge: Judge;
  readonly scene: Scene;
}

/** The source of every invented defect, so that a catalogue names it alike everywhere. */
export const MUTANT = 'mutant';
