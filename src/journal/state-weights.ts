import type { Chunk } from './chunk.js';
import type { HistoryBudget } from './history-budget.js';
import { recordsOf, type StateScale } from './record.js';

/** The newest state that a history keeps. */
interface Newest<State> {
  readonly chunk: Chunk<State>;
  readonly state: State | null;
  /** Bytes that it takes and the state before it did not. */
  readonly bytes: number;
}

/** Counts what the states of a history weigh, each with its chunk. */
export class StateWeights<State> {
  readonly #budget: HistoryBudget;
  readonly #scale: StateScale<State>;
  #newest: Newest<State> | null = null;

  constructor(budget: HistoryBudget, scale: StateScale<State>) {
    this.#budget = budget;
    this.#scale = scale;
  }

  /** Bytes that the newest state takes and the one before it did not. */
  get newestBytes(): number {
    return this.#newest?.bytes ?? 0;
  }

  /**
   * Charges a chunk with a state. Parts that the state before it does not share with the new one are
   * now held by that earlier state alone, and so are charged to its chunk; shared parts are not.
   */
  keep(chunk: Chunk<State>, state: State | null): void {
    const before = this.#newest;
    const own = state === null ? 0 : this.#scale.bytesOf(state);
    const left = before?.state == null ? 0 : this.#scale.bytesBeyond(before.state, state);
    this.#newest = { chunk, state, bytes: own + left };
    if (before !== null) this.#charge(before.chunk, left);
    this.#charge(chunk, own);
  }

  /** A chunk gives its checkpoint up. */
  release(chunk: Chunk<State>): void {
    this.#budget.charge(chunk, -chunk.stateWeight);
    chunk.stateWeight = 0;
    this.forget(chunk);
  }

  /** A chunk is gone, or its state is. */
  forget(chunk: Chunk<State>): void {
    if (this.#newest?.chunk === chunk) this.#newest = null;
  }

  #charge(chunk: Chunk<State>, bytes: number): void {
    if (chunk.isForgotten) return;
    const weight = recordsOf(bytes);
    chunk.stateWeight += weight;
    this.#budget.charge(chunk, weight);
  }
}
