import { z } from 'zod';
import { LONG_LIST, noteItems } from './lists-read.js';
import { createJsonReader, type JsonReader, NO_MATCH } from './reader.js';

/** Items that are read at a time. */
const ITEMS_PER_STEP = 64;

/**
 * Reads the items of the long lists in a body, and yields now and then, so that others can be served.
 * The reader of the schema then finds them read, and nothing is read twice. Whatever is wrong is left
 * to that reader.
 *
 * @param value JSON. Nobody may change it before it is read as a whole.
 */
export function* readAhead(schema: z.core.$ZodType, value: unknown): Generator<void> {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  ) {
    yield* readAhead(schema.unwrap(), value);
  } else if (schema instanceof z.ZodObject) {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, field] of Object.entries(schema.shape)) {
      if (Object.hasOwn(value, key)) {
        yield* readAhead(field, (value as Readonly<Record<string, unknown>>)[key]);
      }
    }
  } else if (schema instanceof z.ZodArray && Array.isArray(value) && value.length >= LONG_LIST) {
    yield* readItems(schema, value);
  }
}

/** The reader of the items of each list, which is compiled when it is first needed. */
const itemReaders = new WeakMap<z.ZodArray, JsonReader>();

function itemReaderOf(schema: z.ZodArray): JsonReader {
  let read = itemReaders.get(schema);
  if (read === undefined) {
    read = createJsonReader(schema.element);
    itemReaders.set(schema, read);
  }
  return read;
}

function* readItems(schema: z.ZodArray, list: readonly unknown[]): Generator<void> {
  const read = itemReaderOf(schema);
  const items: unknown[] = [];
  for (const given of list) {
    if (items.length % ITEMS_PER_STEP === 0) yield;
    const item = read(given);
    if (item === NO_MATCH) return;
    items.push(item);
  }
  noteItems(list, schema, items);
}
