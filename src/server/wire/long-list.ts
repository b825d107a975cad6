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

/**
 * Compiles a schema into a writer of answers.
 *
 * JavaScript keeps a concatenated string as a tree of its pieces until it is read, and trees of a
 * million pieces keep the garbage collector busy. So a long list is encoded into bytes every few
 * items, and their pieces become garbage at once.
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
