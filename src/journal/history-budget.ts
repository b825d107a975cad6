/** A run of records, the unit in which history is forgotten, as the budget sees it. */
export interface Weighed {
  /** Weight of its records and states, in records. */
  weight: number;
  /** Makes its ring forget it. */
  readonly drop: () => void;
  older: Weighed | null;
  newer: Weighed | null;
}

/**
 * Bounds the history of all VMs together: over the bound, the oldest chunk is dropped, whichever VM
 * it belongs to. So neither a busy VM nor ten thousand quiet ones can fill the memory.
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

  /** Records kept now, over all rings. States count as records of the same size. */
  get records(): number {
    return this.#weight;
  }

  enlist(chunk: Weighed): void {
    chunk.older = this.#newest;
    if (this.#newest === null) this.#oldest = chunk;
    else this.#newest.newer = chunk;
    this.#newest = chunk;
  }

  /** Adds weight to a chunk, and drops the oldest chunks while the bound is exceeded. */
  charge(chunk: Weighed, weight: number): void {
    chunk.weight += weight;
    this.#weight += weight;
    while (this.#weight > this.recordsMax && this.#oldest !== null) {
      const oldest = this.#oldest;
      this.discharge(oldest);
      oldest.drop();
    }
  }

  /** Counts a chunk no longer. */
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
