import type { Chunk, HistoryBudget } from './history-budget.js';
import type { HistoryRecord } from './record.js';

/** Records of a full chunk. */
const CHUNK_RECORDS = 256;

/**
 * Keeps the newest records of one VM, so that a reader who lost its connection can resume.
 *
 * Sequence numbers start at 1, rise by 1 and never repeat. Nothing is allocated before the first
 * record, because most VMs of a large fleet are idle.
 */
export class EventRing {
  readonly #budget: HistoryBudget;
  readonly #recordsMax: number;
  #chunks: Chunk[] = [];
  #head = 0;
  #records = 0;
  #listeners: Set<() => void> | null = null;

  /** @param recordsMax Records kept; whole chunks are forgotten, so up to 256 fewer may be. */
  constructor(budget: HistoryBudget, recordsMax: number) {
    this.#budget = budget;
    this.#recordsMax = recordsMax;
  }

  /** `seq` of the newest record, 0 before the first. */
  get head(): number {
    return this.#head;
  }

  /** The lowest `seq` that can be read; one above `head` if nothing is kept. */
  get oldest(): number {
    return this.#chunks[0]?.firstSeq ?? this.#head + 1;
  }

  /** Keeps a record, whose `seq` must be one above `head`. */
  append(record: HistoryRecord): void {
    this.#head += 1;
    let chunk = this.#chunks[this.#chunks.length - 1];
    if (chunk === undefined || chunk.records.length === CHUNK_RECORDS) chunk = this.#begin();
    chunk.records.push(record);
    this.#records += 1;
    this.#budget.charge();
    if (this.#records > this.#recordsMax) this.#forgetOldest();
  }

  /** The record with this `seq`, if it is kept. */
  at(seq: number): HistoryRecord | undefined {
    const first = this.#chunks[0];
    if (first === undefined || seq < first.firstSeq) return undefined;
    const index = seq - first.firstSeq;
    const chunk = this.#chunks[Math.floor(index / CHUNK_RECORDS)];
    return chunk?.records[index % CHUNK_RECORDS];
  }

  /** @returns What stops the listening. */
  listen(listener: () => void): () => void {
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
    return () => this.#listeners?.delete(listener);
  }

  /** Tells the listeners that there is more to read: once for many records, to save calls. */
  notify(): void {
    if (this.#listeners === null) return;
    for (const listener of this.#listeners) listener();
  }

  /** Forgets everything: the VM is gone. */
  clear(): void {
    while (this.#chunks.length > 0) this.#forgetOldest();
  }

  #begin(): Chunk {
    const chunk: Chunk = {
      firstSeq: this.#head,
      records: [],
      drop: () => this.#shift(),
      older: null,
      newer: null,
    };
    this.#chunks.push(chunk);
    this.#budget.enlist(chunk);
    return chunk;
  }

  #forgetOldest(): void {
    const oldest = this.#chunks[0];
    if (oldest === undefined) return;
    this.#budget.discharge(oldest);
    this.#shift();
  }

  #shift(): void {
    const oldest = this.#chunks.shift();
    if (oldest !== undefined) this.#records -= oldest.records.length;
  }
}
