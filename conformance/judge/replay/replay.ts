import type { Scene } from '../../../src/lab/museum/index.js';

/** How the model replays a bug of the past. */
export interface Replay {
  /** What the source of a case says: the commit, or words of its title. */
  readonly source: RegExp;
  /** What each of its steps says, in order, as far as the scenes depend on it. */
  readonly steps: readonly RegExp[];
  /** What it calls right, and the scenes demand. */
  readonly correct: RegExp;
  /** The steps as commands: in each of the ways that the case leaves open. */
  readonly scenes: readonly Scene[];
}

/** A bug that the model has no words for. */
export interface Unmodelled {
  readonly source: RegExp;
  /** What it needs. */
  readonly needs: string;
}
