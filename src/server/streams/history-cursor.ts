import type { EventRing } from '../../journal/index.js';
import { writeGap, writeThrough } from '../wire/frames.js';
import type { FrameLog, LogReader } from './frame-log.js';
import { type FrameSink, say } from './frame-sink.js';

/** Parts of a log that are taken at a time, because a filter may leave out all that is in them. */
const PARTS_MAX = 16;

export interface HistoryCursorOptions {
  readonly vm: string;
  readonly ring: EventRing;
  /** Frames of the VM, as this reader wants them. */
  readonly log: FrameLog;
  /** The cursor stands behind this sequence number. */
  readonly after: number;
  readonly sink: FrameSink;
  /** Whether a sequence number of this VM is a place to resume from. */
  readonly isPlace: boolean;
}

/**
 * A reader's place in the history of a VM: a cursor, and no queue.
 *
 * Frames that the reader has not taken stay in the log of all readers or in the VM's ring. If those
 * move past the cursor, the reader is told of the gap. So a slow or dead reader costs the VM neither
 * time nor memory.
 */
export class HistoryCursor implements LogReader {
  readonly #options: HistoryCursorOptions;
  #seq: number;
  /** `seq` up to which the reader knows that nothing is missing. */
  #told: number;

  constructor(options: HistoryCursorOptions) {
    this.#options = options;
    this.#seq = options.after;
    this.#told = options.after;
    options.log.enter(this);
  }

  /** `seq` up to which records were sent or filtered out. */
  get seq(): number {
    return this.#seq;
  }

  get hasRoom(): boolean {
    return this.#options.sink.room() > 0;
  }

  /** Whether there are newer records. */
  get isBehind(): boolean {
    return this.#seq < this.#options.ring.head;
  }

  /** Whether the filter left out the newest records, and the reader was not told. */
  get owesThrough(): boolean {
    return this.#told < this.#seq;
  }

  /** Takes no more from the log. */
  close(): void {
    this.#options.log.leave(this);
  }

  /**
   * Sends a piece of what there is, as the reader has room for it.
   *
   * @returns Bytes that were sent.
   */
  advance(bytesMax: number): number {
    const { ring, log, sink } = this.#options;
    const most = Math.min(bytesMax, sink.room());
    let sent = 0;
    for (let parts = 0; parts < PARTS_MAX && this.isBehind && sent < most; parts += 1) {
      const part = log.after(this.#seq, most - sent);
      if (part === null) {
        this.skip(ring.oldest - 1);
        continue;
      }
      this.#seq = part.seq;
      if (part.bytes === null) continue;
      sink.write(part.bytes);
      this.#told = part.shown;
      sent += part.bytes.length;
    }
    return sent;
  }

  /**
   * Leaves out records, and tells the reader so.
   *
   * @param to `seq` of the last one.
   */
  skip(to: number): void {
    const { vm, sink, isPlace } = this.#options;
    say(sink, writeGap({ type: 'gap', vm, from: this.#seq + 1, to }), isPlace ? to : null);
    this.#seq = to;
    this.#told = to;
  }

  /** Tells the reader up to which `seq` records were sent or filtered out. */
  sayThrough(): void {
    const { vm, sink, isPlace } = this.#options;
    say(sink, writeThrough({ type: 'through', vm, seq: this.#seq }), isPlace ? this.#seq : null);
    this.#told = this.#seq;
  }
}
