/** A run of records, the unit in which history is forgotten, as the budget sees it. */
export interface Weighed {
  /** What it counts: its records, and the states that it holds. */
  weight: number;
  /** Its ring forgets it. */
  readonly drop: () => void;
  older: Weighed | null;
  newer: Weighed | null;
}

/**
 * Bounds the history of all VMs together: over the bound, the chunk that was begun first goes,
 * whichever VM it belongs to. A busy VM thus cannot fill the memory, nor ten thousand quiet ones.
 */
export class HistoryBudget {
  readonly recordsMax: number;
  #weight = 0;
  #oldest: Weighed | null = null;
  #newest: Weighed | null = null;

  /** @param recordsMax Records kept over all rings: a positive integer. */
  constructor(recordsMax: number) {
    this.recordsMax = recordsMax;
  }

  /** Records kept now, over all rings; a state counts as many as take its room. */
  get records(): number {
    return this.#weight;
  }

  enlist(chunk: Weighed): void {
    chunk.older = this.#newest;
    if (this.#newest === null) this.#oldest = chunk;
    else this.#newest.newer = chunk;
    this.#newest = chunk;
  }

  /** Counts what a chunk holds more, and forgets the oldest chunks if that is too much. */
  charge(chunk: Weighed, weight: number): void {
    chunk.weight += weight;
    this.#weight += weight;
    while (this.#weight > this.recordsMax && this.#oldest !== null) {
      const oldest = this.#oldest;
      this.discharge(oldest);
      oldest.drop();
    }
  }

  /** A chunk is no longer kept. */
  discharge(chunk: Weighed): void {
    this.#weight -= chunk.weight;
    if (chunk.older === null) this.#oldest = chunk.newer;
    else chunk.older.newer = chunk.newer;
    if (chunk.newer === null) this.#newest = chunk.older;
    else chunk.newer.older = chunk.older;
    chunk.older = null;
    chunk.newer = null;
  }
}
