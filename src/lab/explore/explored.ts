import type { Command } from '../../mmu/schema/index.js';
import type { Finding } from './machine.js';

/** Why a search is over. */
export type End =
  /** Every state that can be reached was expanded. */
  | 'exhausted'
  /** Every property has failed: there is nothing left to learn. */
  | 'refuted'
  | 'depth'
  | 'states'
  | 'bytes'
  /** The oracle met a bound of its own and forgot, so that states cannot be told apart. */
  | 'oracle-forgot';

/** A property that does not hold, with a shortest sequence of commands that shows it. */
export interface Counterexample extends Finding {
  /** Commands after those that set the stage. */
  readonly commands: readonly Command[];
}

/** The extent of a search so far. */
export interface Progress {
  readonly states: number;
  /** States whose every command was tried. */
  readonly expanded: number;
  /** Commands that were carried out. */
  readonly transitions: number;
  /** Commands that a vCPU could not take: nothing had changed. */
  readonly refused: number;
  /** Commands from the first state to the deepest one. */
  readonly depth: number;
  readonly bytes: number;
}

/** Everything that a search found. */
export interface Explored extends Progress {
  readonly end: End;
  /** Whether every state was seen that can be reached at all. */
  readonly isExhaustive: boolean;
  /** States that are found after so many commands, and not before. */
  readonly found: readonly number[];
  /** Uses that the oracle could not judge. */
  readonly undecided: number;
  /** Bytes of a state, with what finds it; what states share is in `bytes` alone. */
  readonly bytesPerState: number;
  readonly isSymmetric: boolean;
  readonly counterexamples: readonly Counterexample[];
}

/** A transition, by the names of its states. `to` is null where an assertion failed. */
export interface Edge {
  readonly from: number;
  /** Index into the alphabet. */
  readonly command: number;
  readonly to: number | null;
}
