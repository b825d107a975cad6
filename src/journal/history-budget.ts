import type { Checkpoint, HistoryRecord } from './record.js';

/** A run of records, the unit in which history is forgotten. */
export interface Chunk {
  readonly firstSeq: number;
  readonly records: HistoryRecord[];
  /**
   * A checkpoint before the first command of the chunk, or `older` if states are made from that of
   * an older chunk. Null before that command.
   */
  anchor: Checkpoint | 'older' | null;
  /** What it counts in the budget: its records, and the states that it holds. */
  weight: number;
  /** Its ring forgets it. */
  readonly drop: () => void;
  older: Chunk | null;
  newer: Chunk | null;
}

/**
 * Bounds the history of all VMs together: over the bound, the chunk that was begun first goes,
 * whichever VM it belongs to. A busy VM thus cannot fill the memory, nor ten thousand quiet ones.
 */
export class HistoryBudget {
  readonly recordsMax: number;
  #weight = 0;
  #oldest: Chunk | null = null;
  #newest: Chunk | null = null;

  /** @param recordsMax Records kept over all rings: a positive integer. */
  constructor(recordsMax: number) {
    this.recordsMax = recordsMax;
  }

  /** Records kept now, over all rings; a state counts as many as take its room. */
  get records(): number {
    return this.#weight;
  }

  enlist(chunk: Chunk): void {
    chunk.older = this.#newest;
    if (this.#newest === null) this.#oldest = chunk;
    else this.#newest.newer = chunk;
    this.#newest = chunk;
  }

  /** Counts what a chunk holds more, and forgets the oldest chunks if that is too much. */
  charge(chunk: Chunk, weight: number): void {
    chunk.weight += weight;
    this.#weight += weight;
    while (this.#weight > this.recordsMax && this.#oldest !== null) {
      const oldest = this.#oldest;
      this.discharge(oldest);
      oldest.drop();
    }
  }

  /** A chunk is no longer kept. */
  discharge(chunk: Chunk): void {
    this.#weight -= chunk.weight;
    if (chunk.older === null) this.#oldest = chunk.newer;
    else chunk.older.newer = chunk.newer;
    if (chunk.newer === null) this.#newest = chunk.older;
    else chunk.newer.older = chunk.older;
    chunk.older = null;
    chunk.newer = null;
  }
}
