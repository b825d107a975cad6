import { z } from 'zod';
import { createJsonWriter, type JsonWriter } from '../../mmu/schema/index.js';

/** Items from which on a list is written piece by piece. */
const LONG = 64;

/** Characters that are encoded at a time. */
const PIECE = 4096;

/** Bytes of the first buffer of an answer. */
const ROOM = 64 * 1024;

/** Writes a value that fits its schema; into a `Buffer` if it is long. */
export type BodyWriter = (value: unknown) => string | Buffer;

/** Writes a value with a long list, and yields between its pieces, so that others can be served. */
export interface ListWriter {
  /** Whether the list of a value is long enough for it. */
  readonly isLong: (value: unknown) => boolean;
  readonly write: (value: unknown) => Generator<void, Buffer>;
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
  return {
    isLong: (value) => itemsOf(value).length >= LONG,
    *write(value) {
      const bytes = new Bytes();
      const items = itemsOf(value);
      let text = `{${JSON.stringify(key)}:[${writeItem(items[0])}`;
      for (let i = 1; i < items.length; i += 1) {
        text += `,${writeItem(items[i])}`;
        if (text.length < PIECE) continue;
        bytes.append(text);
        text = '';
        yield;
      }
      const end = writeRest(value);
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

/** Collects text as bytes, piece by piece. */
class Bytes {
  #buffer = Buffer.allocUnsafe(ROOM);
  #length = 0;

  append(text: string): void {
    // No character takes more than three bytes for its one or two units.
    const needed = this.#length + text.length * 3;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    this.#length += this.#buffer.write(text, this.#length);
  }

  all(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }
}
