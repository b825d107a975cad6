import type { z } from 'zod';
import type { EventRing } from '../../journal/index.js';
import { type StateFrame, writeGap, writeState, writeThrough } from '../wire/frames.js';
import type { FrameLog, LogReader } from './frame-log.js';
import { type FrameSink, say } from './frame-sink.js';
import { Recap } from './recap.js';

/** Parts of a log that are taken at a time, because a filter may leave out all that is in them. */
const PARTS_MAX = 16;

/** A VM behind its newest record. */
type NewestState = Pick<z.output<typeof StateFrame>, 'vcpus' | 'violations'>;

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
  /**
   * The vCPUs as they are behind the newest record, for a reader who wants them in place of what it
   * had no room for; null for one who wants the records.
   */
  readonly state: (() => NewestState) | null;
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
  /** Records that the reader had no room for, and that it is to be told of in sum. */
  #recap: Recap | null = null;

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

  get takesFrames(): boolean {
    return this.#recap === null;
  }

  get countsRecords(): boolean {
    return this.#options.state !== null;
  }

  /** Whether there is more to tell. */
  get isBehind(): boolean {
    return this.#recap !== null || this.#hasMore;
  }

  /** Whether the filter left out the newest records, and the reader was not told. */
  get owesThrough(): boolean {
    return this.#recap === null && this.#told < this.#seq;
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
    if (this.#recap !== null) return this.#sayState();
    const { ring, log, sink, state } = this.#options;
    const most = Math.min(bytesMax, sink.room());
    let sent = 0;
    for (let parts = 0; parts < PARTS_MAX && this.#hasMore && sent < most; parts += 1) {
      const part = log.after(this.#seq, most - sent);
      if (part === null) {
        if (state !== null) {
          this.passOver();
          return sent;
        }
        const last = Math.min(log.nextKept(this.#seq) - 1, ring.readable);
        // The next record may be kept after all: then nothing is left out.
        if (last > this.#seq) this.#skip(last);
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
   * Counts a piece of what the reader has no room for, if it wants a state in its place.
   *
   * @returns Whether it does, and there is more to count or to tell.
   */
  passOver(): boolean {
    const { log, ring, state } = this.#options;
    if (state === null || !this.isBehind) return false;
    this.#recap ??= new Recap(this.#seq);
    this.#recap.count(log, ring.readable);
    this.#seq = this.#recap.seq;
    return this.#hasMore;
  }

  /** Leaves out all that was not sent, and tells the reader so. */
  skipRest(): void {
    while (this.passOver());
    if (this.#recap !== null) this.#sayState();
    else if (this.#hasMore) this.#skip(this.#options.ring.readable);
  }

  /** Tells the reader up to which `seq` records were sent or filtered out. */
  sayThrough(): void {
    const { vm, sink, isPlace } = this.#options;
    say(sink, writeThrough({ type: 'through', vm, seq: this.#seq }), isPlace ? this.#seq : null);
    this.#told = this.#seq;
  }

  get #hasMore(): boolean {
    return this.#seq < this.#options.ring.readable;
  }

  /** @param to `seq` of the last record that is left out. */
  #skip(to: number): void {
    const { vm, sink, isPlace } = this.#options;
    say(sink, writeGap({ type: 'gap', vm, from: this.#seq + 1, to }), isPlace ? to : null);
    this.#seq = to;
    this.#told = to;
  }

  /** Sends the state once all records are counted. */
  #sayState(): number {
    const { vm, sink, isPlace, state } = this.#options;
    if (this.passOver() || this.#recap === null || state === null) return 0;
    const { from, seq, counts, lost } = this.#recap;
    const text = writeState({ type: 'state', vm, from, seq, counts, lost, ...state() });
    say(sink, text, isPlace ? seq : null);
    this.#recap = null;
    this.#told = seq;
    return text.length;
  }
}
