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
  /** Writes a frame; streams share it, so that a frame is written once. */
  readonly write: (record: HistoryRecord) => string;
  /** Whether a sequence number of this VM is a place to resume from. */
  readonly isPlace: boolean;
}

/**
 * A reader's place in the history of a VM: a cursor, and no queue.
 *
 * What the reader has not taken yet stays in the VM's ring. If the ring moves past the cursor, the
 * reader is told of the gap; a reader that is slow or dead thus costs a VM neither time nor memory.
 */
export class HistoryCursor {
  readonly #options: HistoryCursorOptions;
  #seq: number;
  /** Up to where the reader knows that everything was considered. */
  #told: number;

  constructor(options: HistoryCursorOptions) {
    this.#options = options;
    this.#seq = options.after;
    this.#told = options.after;
  }

  /** Everything up to it was considered. */
  get seq(): number {
    return this.#seq;
  }

  /** Whether there is more to consider. */
  get isBehind(): boolean {
    return this.#seq < this.#options.ring.head;
  }

  /** Whether the filter left out what came last, and the reader does not know. */
  get owesWord(): boolean {
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

  /** Tells the reader what it will not be sent. @param to The last of it. */
  skip(to: number): void {
    const { vm, sink, isPlace } = this.#options;
    sink.send(writeGap({ type: 'gap', vm, from: this.#seq + 1, to }), isPlace ? to : null);
    this.#seq = to;
    this.#told = to;
  }

  /** Tells the reader up to where everything was considered. */
  sayThrough(): void {
    const { vm, sink, isPlace } = this.#options;
    sink.send(writeThrough({ type: 'through', vm, seq: this.#seq }), isPlace ? this.#seq : null);
    this.#told = this.#seq;
  }
}
