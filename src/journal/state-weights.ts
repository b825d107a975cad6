import { type Chunk, isCheckpoint } from './chunk.js';
import type { HistoryBudget } from './history-budget.js';
import { recordsOf, type StateScale } from './record.js';

/** The newest state that a history keeps. */
interface Newest<State> {
  readonly chunk: Chunk<State>;
  readonly state: State | null;
  /** Bytes that it takes and the state before it did not. */
  readonly bytes: number;
}

/** The checkpoints next to one, by their chunks. */
interface Neighbours<State> {
  readonly before: Chunk<State> | null;
  readonly behind: Chunk<State> | null;
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

  /**
   * A chunk gives its checkpoint up. Parts that its neighbours share with it stay with the one before,
   * which alone holds those that the one behind it does not.
   */
  release(chunk: Chunk<State>, { before, behind }: Neighbours<State>): void {
    this.#budget.charge(chunk, -chunk.stateWeight);
    chunk.stateWeight = 0;
    this.forget(chunk);
    const [first, given, next] = [stateOf(before), stateOf(chunk), stateOf(behind)];
    if (before === null || first === null || given === null || next === null) return;
    const { bytesBeyond } = this.#scale;
    this.#charge(before, bytesBeyond(first, next) - bytesBeyond(first, given));
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

function stateOf<State>(chunk: Chunk<State> | null): State | null {
  return isCheckpoint(chunk?.anchor) ? chunk.anchor.state : null;
}
