import type { HistoryRecord } from './record.js';

/** A run of records, the unit in which history is forgotten. */
export interface Chunk {
  readonly firstSeq: number;
  readonly records: HistoryRecord[];
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
  #records = 0;
  #oldest: Chunk | null = null;
  #newest: Chunk | null = null;

  /** @param recordsMax Records kept over all rings: a positive integer. */
  constructor(recordsMax: number) {
    this.recordsMax = recordsMax;
  }

  /** Records kept now, over all rings. */
  get records(): number {
    return this.#records;
  }

  enlist(chunk: Chunk): void {
    chunk.older = this.#newest;
    if (this.#newest === null) this.#oldest = chunk;
    else this.#newest.newer = chunk;
    this.#newest = chunk;
  }

  /** Counts one more record, and forgets the oldest chunks if that is one too many. */
  charge(): void {
    this.#records += 1;
    while (this.#records > this.recordsMax && this.#oldest !== null) {
      const oldest = this.#oldest;
      this.discharge(oldest);
      oldest.drop();
    }
  }

  /** A chunk is no longer kept. */
  discharge(chunk: Chunk): void {
    this.#records -= chunk.records.length;
    if (chunk.older === null) this.#oldest = chunk.newer;
    else chunk.older.newer = chunk.newer;
    if (chunk.newer === null) this.#newest = chunk.older;
    else chunk.newer.older = chunk.older;
    chunk.older = null;
    chunk.newer = null;
  }
}
