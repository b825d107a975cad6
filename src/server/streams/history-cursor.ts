import type { EventRing, HistoryRecord } from '../../journal/index.js';
import type { Filter } from '../conditions/filter.js';
import { writeGap, writeThrough } from '../wire/frames.js';
import type { FrameSink } from './frame-sink.js';

export interface HistoryCursorOptions {
  readonly vm: string;
  readonly ring: EventRing;
  /** The cursor stands behind this sequence number. */
  readonly after: number;
  readonly filter: Filter;
  readonly sink: FrameSink;
  /** Writes a frame. Streams share this function, so that a frame is written once. */
  readonly write: (record: HistoryRecord) => string;
  /** Whether a sequence number of this VM is a place to resume from. */
  readonly isPlace: boolean;
}

/**
 * A reader's place in the history of a VM: a cursor, and no queue.
 *
 * Frames that the reader has not taken stay in the VM's ring. If the ring moves past the cursor, the
 * reader is told of the gap. So a slow or dead reader costs the VM neither time nor memory.
 */
export class HistoryCursor {
  readonly #options: HistoryCursorOptions;
  #seq: number;
  /** `seq` up to which the reader knows that nothing is missing. */
  #told: number;

  constructor(options: HistoryCursorOptions) {
    this.#options = options;
    this.#seq = options.after;
    this.#told = options.after;
  }

  /** `seq` up to which records were sent or filtered out. */
  get seq(): number {
    return this.#seq;
  }

  /** Whether there are newer records. */
  get isBehind(): boolean {
    return this.#seq < this.#options.ring.head;
  }

  /** Whether the filter left out the newest records, and the reader was not told. */
  get owesThrough(): boolean {
    return this.#told < this.#seq;
  }

  /** Sends as much as the reader has room for. */
  advance(): void {
    const { ring, filter, sink, write, isPlace } = this.#options;
    if (this.#seq + 1 < ring.oldest && sink.hasRoom()) this.skip(ring.oldest - 1);
    while (this.#seq < ring.head && sink.hasRoom()) {
      this.#seq += 1;
      const record = ring.at(this.#seq);
      if (record === undefined || (filter !== null && !filter(record))) continue;
      sink.send(write(record), isPlace ? this.#seq : null);
      this.#told = this.#seq;
    }
  }

  /**
   * Leaves out records, and tells the reader so.
   *
   * @param to `seq` of the last one.
   */
  skip(to: number): void {
    const { vm, sink, isPlace } = this.#options;
    sink.send(writeGap({ type: 'gap', vm, from: this.#seq + 1, to }), isPlace ? to : null);
    this.#seq = to;
    this.#told = to;
  }

  /** Tells the reader up to which `seq` records were sent or filtered out. */
  sayThrough(): void {
    const { vm, sink, isPlace } = this.#options;
    sink.send(writeThrough({ type: 'through', vm, seq: this.#seq }), isPlace ? this.#seq : null);
    this.#told = this.#seq;
  }
}
