import type { Scene } from './scene.js';

/**
 * The judges that a mistake shows to: the oracle (an access that the architecture does not allow),
 * conformance (an answer or a word in memory that contradicts the manual), an invariant of the
 * shadow pages, a failed assertion, which would be a crash of the host, or economy (a root, or
 * TLB entries, are given up that nothing asked for).
 */
export const JUDGES = ['oracle', 'conformance', 'invariant', 'assertion', 'economy'] as const;
export type Judge = (typeof JUDGES)[number];

/**
 * Releases of Linux that have a mistake, each as `uname -r` begins. A release of two parts stands for
 * its whole series.
 */
export interface Lifetime {
  /** The first: that of the feature which the mistake is in, where no report names another. */
  readonly first: string;
  /** The last before mainline was mended; null: it is there to this day. */
  readonly last: string | null;
  /** The last of each stable series that was mended as well, by series, as far as it is known. */
  readonly lastOf?: Readonly<Record<string, string>>;
  /** Commit that mended it; null: none, or its title alone is known. */
  readonly repair: string | null;
  /** Releases on which it was seen to happen. */
  readonly seenOn?: readonly string[];
}

/** A mistake, and the commands that catch it. */
export interface Exhibit {
  /** A few words, for a list. */
  readonly title: string;
  /** Commit that mended it, with its title; or `mutant`. */
  readonly source: string;
  /** The mistake in one sentence. */
  readonly what: string;
  /** Null: no release ever had it. */
  readonly lifetime: Lifetime | null;
  /** Function in which the mistake was, or would be. */
  readonly where: string;
  /** The judge that is to catch it. */
  readonly judge: Judge;
  readonly scene: Scene;
}

/** The source of every invented defect, so that a catalogue names it alike everywhere. */
export const MUTANT = 'mutant';
