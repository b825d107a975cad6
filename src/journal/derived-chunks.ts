import type { Chunk, Step } from './chunk.js';
import type { Checkpoint, HistoryRecord, RewoundRecord } from './record.js';

/** A history as far as records can be made of it again. */
export interface History<State> {
  /** The newest checkpoint from which the state at `seq` can be made. */
  checkpointFor(seq: number): Checkpoint<State> | null;
  /** The newest reset or restored snapshot after `from`, up to `to`. */
  lastRewound(from: number, to: number): RewoundRecord<State> | null;
  /** The commands, resets and restorations among the records after `from`, up to `to`. */
  steps(from: number, to: number): Iterable<Step<State>>;
  /** Numbers of the newest commands up to `seq` that nothing took back, oldest first. */
  commandsUpTo(seq: number): number[];
}

/** Makes records again from the commands of a history. */
export interface Deriver<State> {
  /** @returns The records `from` to `to`; `from` is a command, a reset or a restoration. */
  derive(
    history: History<State>,
    span: { readonly from: number; readonly to: number },
  ): HistoryRecord<State>[];
}

/** Packed chunks whose records are kept for a while once they were made again. */
const CHUNKS_MAX = 2;

/** The records of packed chunks that were read last. */
export class DerivedChunks<State> {
  readonly #deriver: Deriver<State>;
  readonly #kept = new Map<Chunk<State>, readonly HistoryRecord<State>[]>();

  constructor(deriver: Deriver<State>) {
    this.#deriver = deriver;
  }

  of(chunk: Chunk<State>, history: History<State>): readonly HistoryRecord<State>[] {
    const kept = this.#kept.get(chunk);
    if (kept !== undefined) return kept;
    const { firstSeq: from, length } = chunk;
    const records = this.#deriver.derive(history, { from, to: from + length - 1 });
    if (this.#kept.size >= CHUNKS_MAX) this.forget(this.#kept.keys().next().value);
    this.#kept.set(chunk, records);
    return records;
  }

  forget(chunk: Chunk<State> | undefined): void {
    if (chunk !== undefined) this.#kept.delete(chunk);
  }
}
