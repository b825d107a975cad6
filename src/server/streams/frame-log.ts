import type { HistoryRecord } from '../../journal/index.js';
import type { Filter } from '../conditions/filter.js';
import type { FrameBudget } from './frame-budget.js';
import { FrameChunk, type Part } from './frame-chunk.js';
import type { Framing } from './framing.js';
import type { VmRecords } from './vm-records.js';

/** Records of a full chunk: as many as the ring forgets at a time. */
const CHUNK_RECORDS = 256;

/** A reader of a log. */
export interface LogReader {
  /** `seq` up to which it has taken or left out records. */
  readonly seq: number;
  /** Whether it only waits for its turn. */
  readonly hasRoom: boolean;
  /** Whether it takes frames, and not a state in their place. */
  readonly takesFrames: boolean;
  /** Whether it counts the records that it does not take. */
  readonly countsRecords: boolean;
}

export interface FrameLogOptions {
  readonly records: VmRecords;
  readonly filter: Filter;
  readonly framing: Framing;
  /** Whether a sequence number of this VM is a place to resume from. */
  readonly isPlace: boolean;
  readonly budget: FrameBudget;
  /** Bytes kept at most for readers that have no room. */
  readonly restBytesMax: number;
  readonly write: (record: HistoryRecord) => string;
}

/**
 * Frames of one VM, written once for all readers with the same filter and the same form of stream.
 *
 * It is written ahead of its readers. Chunks that all of them have taken are forgotten. So are those
 * that only readers without room have not taken, beyond a bound, and any under the pressure of the
 * budget: a reader that comes back for one reads the history itself, or a gap.
 */
export class FrameLog {
  readonly #options: FrameLogOptions;
  readonly #readers = new Set<LogReader>();
  /** Chunks by their place: the first has the records 1 to {@link CHUNK_RECORDS}. */
  readonly #chunks = new Map<number, FrameChunk>();
  /** Readers from this `seq` on are written ahead of, without a hole up to `written`. */
  #from = 0;
  #written = 0;

  constructor(options: FrameLogOptions) {
    this.#options = options;
  }

  /** `seq` up to which it was written ahead. */
  get written(): number {
    return this.#written;
  }

  get isUnread(): boolean {
    return this.#readers.size === 0;
  }

  enter(reader: LogReader): void {
    this.#readers.add(reader);
  }

  leave(reader: LogReader): void {
    this.#readers.delete(reader);
    if (this.isUnread) this.#forgetThrough(Number.POSITIVE_INFINITY);
  }

  /** The frames behind a record below the head; null if the next record is not kept. */
  after(seq: number, bytesMax: number): Part | null {
    const chunk = this.#chunkBehind(seq);
    if (chunk === null) return null;
    this.#write(chunk, this.#options.records.head);
    return chunk.seq > seq ? chunk.part(seq, bytesMax) : null;
  }

  /**
   * Forgets what all readers have taken, and finds where to write on.
   *
   * @returns Whether there is something to write ahead.
   */
  prepare(): boolean {
    const { records } = this.#options;
    this.#dropRest();
    const lowest = this.#lowest(() => true);
    this.#forgetThrough(lowest);
    if (lowest === Number.POSITIVE_INFINITY) return false;
    const least = records.next(Math.max(lowest, this.#written)) - 1;
    if (least > this.#written) {
      this.#from = least;
      this.#written = least;
    }
    return this.#written < records.head;
  }

  /** The lowest `seq` behind which it may yet need records; infinite if it needs none. */
  get needed(): number {
    const ahead = this.#lowest(() => true);
    let needed = ahead === Number.POSITIVE_INFINITY ? ahead : Math.max(ahead, this.#written);
    for (const { seq, hasRoom, countsRecords } of this.#readers) {
      const isLate = seq < this.#from && hasRoom;
      if (seq < needed && (isLate || countsRecords)) needed = seq;
    }
    return needed;
  }

  /** Writes up to the next record, which must be kept. */
  writeNext(): void {
    const seq = this.#written + 1;
    const chunk = this.#chunkBehind(this.#written);
    if (chunk !== null) this.#write(chunk, seq);
    this.#written = seq;
  }

  /**
   * Looks at records without writing them.
   *
   * @param take Called with each record that the filter lets through.
   * @returns `seq` of the last one that was looked at; further ones may be kept, or none.
   */
  look(seq: number, through: number, take: (record: HistoryRecord) => void): number {
    const { records, filter } = this.#options;
    for (let last = seq; last < through; last += 1) {
      const record = records.at(last + 1);
      if (record === undefined) return last;
      if (filter === null || filter(record)) take(record);
    }
    return through;
  }

  /** The lowest `seq` above this one whose record is kept; one above the head if there is none. */
  nextKept(seq: number): number {
    return this.#options.records.next(seq);
  }

  /** Drops what only readers without room have not taken, beyond the bound. */
  #dropRest(): void {
    const { budget, restBytesMax } = this.#options;
    let bytes = 0;
    for (const { size } of this.#chunks.values()) bytes += size;
    if (bytes <= restBytesMax) return;
    const lowest = this.#lowest(({ hasRoom }) => hasRoom);
    for (const [place, chunk] of this.#chunks) {
      if (bytes <= restBytesMax || chunk.seq > lowest) return;
      bytes -= chunk.size;
      budget.dismiss(chunk);
      this.#dropped(place, chunk);
    }
  }

  /** The lowest `seq` of such a reader that is written ahead of; infinite without any. */
  #lowest(isSuch: (reader: LogReader) => boolean): number {
    let lowest = Number.POSITIVE_INFINITY;
    for (const reader of this.#readers) {
      const { seq, takesFrames } = reader;
      if (takesFrames && seq >= this.#from && seq < lowest && isSuch(reader)) lowest = seq;
    }
    return lowest;
  }

  /** The chunk that has, or will have, the record behind `seq`; null if that is not kept. */
  #chunkBehind(seq: number): FrameChunk | null {
    const { records, framing, budget } = this.#options;
    const place = Math.floor(seq / CHUNK_RECORDS);
    const old = this.#chunks.get(place);
    if (old !== undefined && old.after <= seq) return old;
    if (records.at(seq + 1) === undefined) return null;
    if (old !== undefined) this.#forget(place, old);
    const expected = Math.min(records.head, (place + 1) * CHUNK_RECORDS) - seq;
    const chunk = new FrameChunk(framing, { after: seq, records: expected });
    this.#chunks.set(place, chunk);
    budget.enlist(chunk, () => this.#dropped(place, chunk));
    return chunk;
  }

  /** Writes a chunk up to a record, as far as it goes and the records are kept. */
  #write(chunk: FrameChunk, through: number): void {
    const { records, filter, isPlace, budget, write } = this.#options;
    const end = (Math.floor(chunk.after / CHUNK_RECORDS) + 1) * CHUNK_RECORDS;
    const to = Math.min(end, through);
    if (chunk.seq >= to) return;
    const { size } = chunk;
    for (let seq = chunk.seq + 1; seq <= to; seq += 1) {
      const record = records.at(seq);
      if (record === undefined) break;
      const isWanted = filter === null || filter(record);
      chunk.add(isWanted ? write(record) : null, isPlace ? seq : null);
    }
    if (chunk.size > size) budget.weigh(chunk);
  }

  /** Forgets chunks that all readers have taken, but for one that goes on. */
  #forgetThrough(seq: number): void {
    for (const [place, chunk] of this.#chunks) {
      const isFull = chunk.seq === (place + 1) * CHUNK_RECORDS;
      if (chunk.seq < seq || (isFull && chunk.seq === seq)) this.#forget(place, chunk);
    }
  }

  #forget(place: number, chunk: FrameChunk): void {
    this.#options.budget.dismiss(chunk);
    this.#chunks.delete(place);
  }

  /** Forgets a chunk for a bound: a reader that has not taken it is no longer written ahead of. */
  #dropped(place: number, chunk: FrameChunk): void {
    if (this.#chunks.get(place) === chunk) this.#chunks.delete(place);
    if (chunk.after <= this.#written) this.#from = Math.max(this.#from, chunk.seq);
  }
}
