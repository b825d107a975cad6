import { z } from 'zod';
import { createJsonWriter, type JsonWriter } from '../../mmu/schema/index.js';

/** Lists of fewer items are written in one go. */
const LONG = 64;

/** Characters that are laid into bytes at a time. */
const PIECE = 4096;

/** Bytes that an answer has room for at first. */
const ROOM = 64 * 1024;

/** Writes what has a schema; `Buffer` if it is long. */
export type BodyWriter = (value: unknown) => string | Buffer;

/**
 * Compiles a schema into a writer of answers.
 *
 * A string that is put together from a million pieces is a tree of them until someone reads it, and
 * such trees keep the collector busy. So a long list is laid into bytes item by item, and what each
 * item was put together from is garbage at once.
 */
export function createBodyWriter(schema: z.ZodType): BodyWriter {
  const write = createJsonWriter(schema) as JsonWriter<unknown>;
  if (!(schema instanceof z.ZodObject)) return write;
  const [key, list] =
    Object.entries(schema.shape).find(([, field]) => field instanceof z.ZodArray) ?? [];
  if (key === undefined || !(list instanceof z.ZodArray)) return write;
  const writeItem = createJsonWriter(list.element as z.ZodType) as JsonWriter<unknown>;
  const { [key]: _list, ...rest } = schema.shape;
  const writeRest = createJsonWriter(z.strictObject(rest)) as JsonWriter<unknown>;
  return (value) => {
    const items = (value as Record<string, unknown[]>)[key] ?? [];
    if (items.length < LONG) return write(value);
    const bytes = new Bytes();
    let text = `{${JSON.stringify(key)}:[${writeItem(items[0])}`;
    for (let i = 1; i < items.length; i += 1) {
      text += `,${writeItem(items[i])}`;
      if (text.length < PIECE) continue;
      bytes.append(text);
      text = '';
    }
    const end = writeRest(value);
    bytes.append(`${text}]${end === '{}' ? '}' : `,${end.slice(1)}`}`);
    return bytes.all();
  };
}

/** Text, laid into bytes piece by piece. */
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
