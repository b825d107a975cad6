import { z } from 'zod';
import { createJsonWriter, type JsonWriter } from '../../mmu/schema/index.js';

/** Items from which on a list is written piece by piece. */
const LONG = 64;

/** Characters that are encoded at a time. */
const PIECE = 4096;

/** Bytes of a block of a long answer. */
const ROOM = 64 * 1024;

/** Writes a value that fits its schema; into a `Buffer` if it is long. */
export type BodyWriter = (value: unknown) => string | Buffer;

/** Writes a value with a long list, and yields between its pieces, so that others can be served. */
export interface ListWriter {
  /** Whether the list of a value is long enough for it. */
  readonly isLong: (value: unknown) => boolean;
  readonly write: (value: unknown) => Generator<void, Buffer>;
  /** Begins an answer whose items are written as they come. */
  readonly begin: () => OpenList;
}

/** An answer whose list is not whole yet. */
export interface OpenList {
  /** Writes the next item; says whether a piece is done, so that others may be served. */
  readonly add: (item: unknown) => boolean;
  /** @param value Has the other fields of the answer. */
  readonly end: (value: unknown) => Buffer;
}

/** Compiles a schema into a writer of answers. */
export function createBodyWriter(schema: z.ZodType): BodyWriter {
  const write = createJsonWriter(schema) as JsonWriter<unknown>;
  const long = createListWriter(schema);
  if (long === null) return write;
  return (value) => (long.isLong(value) ? returnedBy(long.write(value)) : write(value));
}

/**
 * Compiles a schema into a writer of its first list; null if it has none.
 *
 * JavaScript keeps a concatenated string as a tree of its pieces until it is read, and trees of a
 * million pieces keep the garbage collector busy. So a long list is encoded into bytes every few
 * items, and their pieces become garbage at once.
 */
export function createListWriter(schema: z.ZodType): ListWriter | null {
  if (!(schema instanceof z.ZodObject)) return null;
  const [key, list] =
    Object.entries(schema.shape).find(([, field]) => field instanceof z.ZodArray) ?? [];
  if (key === undefined || !(list instanceof z.ZodArray)) return null;
  const writeItem = createJsonWriter(list.element as z.ZodType) as JsonWriter<unknown>;
  const { [key]: _list, ...rest } = schema.shape;
  const writeRest = createJsonWriter(z.strictObject(rest)) as JsonWriter<unknown>;
  const itemsOf = (value: unknown) => (value as Record<string, unknown[]>)[key] ?? [];
  const begin = () => openList(key, { writeItem, writeRest });
  return {
    isLong: (value) => itemsOf(value).length >= LONG,
    *write(value) {
      const open = begin();
      for (const item of itemsOf(value)) if (open.add(item)) yield;
      return open.end(value);
    },
    begin,
  };
}

interface ListParts {
  readonly writeItem: JsonWriter<unknown>;
  /** Writes the other fields. */
  readonly writeRest: JsonWriter<unknown>;
}

function openList(key: string, { writeItem, writeRest }: ListParts): OpenList {
  const bytes = new Bytes();
  const begin = `{${JSON.stringify(key)}:[`;
  let text = '';
  let separator = begin;
  return {
    add(item) {
      text += separator + writeItem(item);
      separator = ',';
      if (text.length < PIECE) return false;
      bytes.append(text);
      text = '';
      return true;
    },
    end(value) {
      const end = writeRest(value);
      if (separator === begin) text = begin;
      bytes.append(`${text}]${end === '{}' ? '}' : `,${end.slice(1)}`}`);
      return bytes.all();
    },
  };
}

function returnedBy<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** Collects text as bytes, in blocks that are put together once. */
class Bytes {
  readonly #full: Buffer[] = [];
  #block = Buffer.alloc(0);
  #length = 0;

  append(text: string): void {
    // No character takes more than three bytes for its one or two units.
    const needed = text.length * 3;
    if (this.#length + needed > this.#block.length) this.#begin(needed);
    this.#length += this.#block.write(text, this.#length);
  }

  all(): Buffer {
    return Buffer.concat([...this.#full, this.#block.subarray(0, this.#length)]);
  }

  /** Begins a block; the first one of a short answer is no larger than it has to be. */
  #begin(bytes: number): void {
    const isFirst = this.#block.length === 0;
    if (!isFirst) this.#full.push(this.#block.subarray(0, this.#length));
    this.#block = Buffer.allocUnsafe(isFirst ? bytes : Math.max(bytes, ROOM));
    this.#length = 0;
  }
}
