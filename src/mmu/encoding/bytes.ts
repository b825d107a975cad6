import type { Word } from '../machine/index.js';

/** Appends values to a buffer that grows as it is needed. */
export interface ByteWriter {
  byte(value: number): void;
  flag(value: boolean): void;
  /** An integer from 0 to 2^32 - 1. */
  uint(value: number): void;
  /** Any number, exactly. */
  number(value: number): void;
  word(value: Word): void;
  text(value: string): void;
  /** A count, then each item. */
  list<T>(
    items: Iterable<T> & { readonly length?: number; readonly size?: number },
    write: (item: T) => void,
  ): void;
  /** Offset of the next value. */
  position(): number;
  /** The bytes written so far. */
  bytes(): Uint8Array;
  /** The same without a copy: they are there until the next value is written. */
  view(): Uint8Array;
  /** Begins anew in the same buffer. */
  restart(): void;
}

/** Takes values from a buffer in the order in which they were written. */
export interface ByteReader {
  byte(): number;
  flag(): boolean;
  uint(): number;
  number(): number;
  word(): Word;
  text(): string;
  list<T>(read: () => T): T[];
  /** Throws unless everything was read. */
  end(): void;
  /** Goes on with the first value of another buffer. */
  begin(bytes: Uint8Array): void;
}

/** Bytes that are no encoded state, or not one of this version or configuration. */
export class BadEncoding extends Error {
  override readonly name = 'BadEncoding';
}

const FIRST_BYTES = 4096;
const TO_BYTES = new TextEncoder();
const FROM_BYTES = new TextDecoder();

export function createByteWriter(): ByteWriter {
  let buffer = new Uint8Array(FIRST_BYTES);
  let view = new DataView(buffer.buffer);
  let at = 0;
  /** Room is made before the view is used, because making it may replace the view. */
  const take = (bytes: number): number => {
    const start = at;
    at += bytes;
    if (at > buffer.length) {
      const larger = new Uint8Array(Math.max(at, 2 * buffer.length));
      larger.set(buffer);
      buffer = larger;
      view = new DataView(buffer.buffer);
    }
    return start;
  };
  const writer: ByteWriter = {
    byte: (value) => {
      const place = take(1);
      view.setUint8(place, value);
    },
    flag: (value) => writer.byte(value ? 1 : 0),
    uint: (value) => {
      const place = take(4);
      view.setUint32(place, value, true);
    },
    number: (value) => {
      const place = take(8);
      view.setFloat64(place, value, true);
    },
    word: ({ page, low }) => {
      writer.number(page);
      writer.uint(low);
    },
    text: (value) => {
      const encoded = TO_BYTES.encode(value);
      writer.uint(encoded.length);
      const place = take(encoded.length);
      buffer.set(encoded, place);
    },
    list: (items, write) => {
      writer.uint(items.length ?? items.size ?? 0);
      for (const item of items) write(item);
    },
    position: () => at,
    bytes: () => buffer.slice(0, at),
    view: () => buffer.subarray(0, at),
    restart: () => {
      at = 0;
    },
  };
  return writer;
}

const NOTHING = new Uint8Array(0);

export function createByteReader(first: Uint8Array = NOTHING): ByteReader {
  let bytes = first;
  let view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const take = (count: number): number => {
    const start = at;
    at += count;
    if (at > bytes.length) throw new BadEncoding(`the state ends at byte ${bytes.length}`);
    return start;
  };
  const reader: ByteReader = {
    byte: () => view.getUint8(take(1)),
    flag: () => reader.byte() !== 0,
    uint: () => view.getUint32(take(4), true),
    number: () => view.getFloat64(take(8), true),
    word: () => {
      const page = reader.number();
      return { page, low: reader.uint() };
    },
    text: () => {
      const length = reader.uint();
      const start = take(length);
      return FROM_BYTES.decode(bytes.subarray(start, start + length));
    },
    list: (read) => {
      const items = [];
      for (let left = reader.uint(); left > 0; left -= 1) items.push(read());
      return items;
    },
    end: () => {
      if (at !== bytes.length) throw new BadEncoding(`the state goes on after byte ${at}`);
    },
    begin: (next) => {
      bytes = next;
      view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      at = 0;
    },
  };
  return reader;
}
