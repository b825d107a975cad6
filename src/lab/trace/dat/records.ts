import type { DatHead } from './head.js';
import { u64At } from './source.js';

/** The records of one CPU, one after the other. One object is used again for every record. */
export interface Records {
  /** Goes to the next record. @returns False at the end. */
  next(): boolean;
  /** Nanoseconds, or ticks, of the record. */
  at: number;
  view: DataView;
  /** Where the record's data lies in `view`. */
  from: number;
  bytes: number;
  /** Events that were lost before this record; -1 if there is no number, 0 if none. */
  lost: number;
}

const TYPE_PADDING = 29;
const TYPE_TIME_EXTEND = 30;
const TYPE_TIME_STAMP = 31;
const TYPE_BITS = 5;
const TYPE_MASK = 0x1f;
const DELTA_SCALE = 2 ** 27;
/** Flags in the length of a page: events were lost before it, and their count stands at its end. */
const MISSED_EVENTS = 0x80000000;
const MISSED_STORED = 0x40000000;
const LENGTH_MASK = 0x0fffffff;
const WORD = 4;
const NO_BYTES = new DataView(new ArrayBuffer(0));

/**
 * Reads records of the ring buffer.
 *
 * @param pages Gives whole pages, several at once; null at the end.
 * @see Linux `struct ring_buffer_event`, include/linux/ring_buffer.h
 */
export function createRecords(
  { isLittle, pageBytes, commitBytes, dataFrom }: DatHead,
  pages: () => Uint8Array | null,
): Records {
  let pageFrom = 0;
  let at = 0;
  let end = 0;
  let time = 0;

  /** @returns False if there is no page left. */
  function nextPage(): boolean {
    pageFrom += pageBytes;
    if (pageFrom + pageBytes > records.view.byteLength) {
      const bytes = pages();
      if (bytes === null || bytes.length < pageBytes) return false;
      records.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      pageFrom = 0;
    }
    const { view } = records;
    time = u64At(view, pageFrom, isLittle);
    const commit = view.getUint32(pageFrom + 8 + (isLittle ? 0 : commitBytes - WORD), isLittle);
    const length = Math.min(commit & LENGTH_MASK, pageBytes - dataFrom);
    at = pageFrom + dataFrom;
    end = at + length;
    if ((commit & MISSED_EVENTS) !== 0) noteLost((commit & MISSED_STORED) !== 0, length);
    return true;
  }

  function noteLost(isStored: boolean, length: number): void {
    const place = pageFrom + dataFrom + length;
    const fits = place + 8 <= pageFrom + pageBytes;
    records.lost = isStored && fits ? u64At(records.view, place, isLittle) : -1;
  }

  /** @returns Whether the next item of the page is a record of an event. */
  function step(): boolean {
    const { view } = records;
    const word = view.getUint32(at, isLittle);
    const type = isLittle ? word & TYPE_MASK : word >>> (32 - TYPE_BITS);
    const delta = isLittle ? word >>> TYPE_BITS : word & (DELTA_SCALE - 1);
    const extra = at + 2 * WORD <= end ? view.getUint32(at + WORD, isLittle) : 0;
    switch (type) {
      case TYPE_PADDING:
        time += delta;
        at = delta === 0 ? end : at + WORD + extra;
        return false;
      case TYPE_TIME_EXTEND:
        time += extra * DELTA_SCALE + delta;
        at += 2 * WORD;
        return false;
      case TYPE_TIME_STAMP:
        time = extra * DELTA_SCALE + delta;
        at += 2 * WORD;
        return false;
      default: {
        time += delta;
        const isLong = type === 0;
        records.from = at + (isLong ? 2 : 1) * WORD;
        records.bytes = isLong ? extra - WORD : type * WORD;
        at = records.from + Math.ceil(Math.max(0, records.bytes) / WORD) * WORD;
        // Data that does not fit its page is garbage, and so is what follows in it.
        if (records.bytes < WORD * 2 || at > end) {
          at = end;
          return false;
        }
        return true;
      }
    }
  }

  const records: Records = {
    ...{ at: 0, view: NO_BYTES, from: 0, bytes: 0, lost: 0 },
    next() {
      records.lost = 0;
      for (;;) {
        while (at + WORD <= end) {
          if (!step()) continue;
          records.at = time;
          return true;
        }
        if (!nextPage()) return false;
      }
    },
  };
  pageFrom = -pageBytes;
  return records;
}
