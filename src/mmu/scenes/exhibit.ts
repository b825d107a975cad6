import type { Scene } from './scene.js';

/**
 * By what a mistake shows: the oracle (an access that the architecture does not allow), an answer or
 * a word in memory that is not what the manual says, an invariant of the shadow pages, or a failed
 * assertion, which would be a crash of the host.
 */
export const JUDGES = ['oracle', 'conformance', 'invariant', 'assertion'] as const;
export type Judge = (typeof JUDGES)[number];

/** A mistake, and the commands that catch it. */
export interface Exhibit {
  /** A few words, for a list. */
  readonly title: string;
  /** Commit that mended it, with its title; or `mutant`. */
  readonly source: string;
  /** What is done wrong, in one sentence. */
  readonly what: string;
  /** Function in which it was, or would be. */
  readonly where: string;
  /** Who is to catch it. */
  readonly judge: Judge;
  readonly scene: Scene;
}

/** Kept together, so that a catalogue names the same source wherever it stands. */
export const MUTANT = 'mutant';
