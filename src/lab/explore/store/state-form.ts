import type { Tuple } from './tuple.js';

/** The way in which the names of a state's parts are kept in two words of 32 bits. */
export interface StateForm {
  /** The words of the tuple that was put last. */
  readonly left: number;
  readonly right: number;
  /** @returns Whether the tuple fits, so that its words can be taken. */
  put(tuple: Tuple): boolean;
  /** The tuple of two words, for whoever asks. */
  get(left: number, right: number): Tuple;
}
