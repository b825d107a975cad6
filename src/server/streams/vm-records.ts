import type { EventRing, HistoryRecord } from '../../journal/index.js';
import type { FrameBudget } from './frame-budget.js';

/** Bytes that a record counts as. */
const RECORD_BYTES = 256;

/** Records that the ring has forgotten. */
interface Held {
  readonly firstSeq: number;
  readonly records: readonly HistoryRecord[];
  readonly size: number;
}

export interface VmRecordsOptions {
  readonly ring: EventRing;
  readonly budget: FrameBudget;
  /** The lowest `seq` behind which a reader with room, or one that waits, needs records. */
  readonly needed: () => number;
}

/**
 * The records of a VM for its readers: those in its ring, and those that the ring forgets before
 * they were written. So no reader that only waits for its turn is left behind by a history that
 * moves on, and holding them takes no time.
 */
export class VmRecords {
  readonly #options: VmRecordsOptions;
  /** In the order in which they were forgotten, which is that of their numbers. */
  readonly #held = new Set<Held>();

  constructor(options: VmRecordsOptions) {
    this.#options = options;
    options.ring.onForget((records) => this.#hold(records));
  }

  /** `seq` of the newest record that readers may see. */
  get head(): number {
    return this.#options.ring.readable;
  }

  /** The record with this `seq`, if it is kept. */
  at(seq: number): HistoryRecord | undefined {
    const { ring } = this.#options;
    if (seq >= ring.oldest) return ring.at(seq);
    for (const { firstSeq, records } of this.#held) {
      if (seq >= firstSeq && seq < firstSeq + records.length) return records[seq - firstSeq];
    }
    return undefined;
  }

  /** The lowest `seq` above this one that is kept; one above `head` if there is none. */
  next(seq: number): number {
    for (const { firstSeq, records } of this.#held) {
      if (seq + 1 < firstSeq + records.length) return Math.max(seq + 1, firstSeq);
    }
    return Math.max(seq + 1, this.#options.ring.oldest);
  }

  /** Lets go of what nobody needs any more. */
  trim(): void {
    if (this.#held.size === 0) return;
    const needed = this.#options.needed();
    for (const held of this.#held) {
      if (held.firstSeq + held.records.length - 1 > needed) return;
      this.#letGo(held);
    }
  }

  close(): void {
    this.#options.ring.onForget(null);
    for (const held of this.#held) this.#letGo(held);
  }

  #hold(records: readonly HistoryRecord[]): void {
    const [first] = records;
    if (first === undefined) return;
    const { seq: firstSeq } = first;
    if (firstSeq + records.length - 1 <= this.#options.needed()) return;
    const held = { firstSeq, records, size: records.length * RECORD_BYTES };
    this.#held.add(held);
    this.#options.budget.enlist(held, () => this.#held.delete(held));
  }

  #letGo(held: Held): void {
    this.#options.budget.dismiss(held);
    this.#held.delete(held);
  }
}
