import { z } from 'zod';
import { finished } from '../../mmu/index.js';
import { createJsonWriter, type JsonWriter, requiredFirst } from '../../mmu/schema/index.js';
import { Blocks } from './blocks.js';

/** Items from which on a list is written piece by piece. */
const LONG = 64;

/** Writes a value that fits its schema; into a `Buffer` if it is long. */
export type BodyWriter = (value: unknown) => string | Buffer;

/** Writes a value with a long list, and yields between its pieces, so that others can be served. */
export interface LongWriter {
  /** Whether a list in a value is long enough for it. */
  readonly isLong: (value: unknown) => boolean;
  readonly write: (value: unknown) => Generator<void, Buffer>;
}

/** An answer that is one list, which is not whole yet. */
export interface OpenList {
  /** Writes the next item. */
  readonly add: (item: unknown) => void;
  readonly end: () => Buffer;
}

/** Compiles a schema into a writer of answers. */
export function createBodyWriter(schema: z.ZodType): BodyWriter {
  const write = createJsonWriter(schema) as JsonWriter<unknown>;
  const long = createLongWriter(schema);
  if (long === null) return write;
  return (value) => (long.isLong(value) ? finished(long.write(value)) : write(value));
}

/** Compiles a schema into a writer of its lists, however deep they lie; null if it has none. */
export function createLongWriter(schema: z.ZodType): LongWriter | null {
  const parts = partsOf(schema);
  if (parts === null) return null;
  return {
    isLong: parts.isLong,
    *write(value) {
      const blocks = new Blocks();
      yield* parts.write(value, blocks);
      return blocks.all();
    },
  };
}

/** Begins an answer whose only field is a list, and whose items are written as they come. */
export function openList(key: string, element: z.ZodType): () => OpenList {
  const writeItem = createJsonWriter(element) as JsonWriter<unknown>;
  return () => {
    const blocks = new Blocks();
    blocks.add(`{${JSON.stringify(key)}:[`);
    let separator = '';
    return {
      add(item) {
        blocks.add(separator + writeItem(item));
        separator = ',';
      },
      end() {
        blocks.add(']}');
        return blocks.all();
      },
    };
  };
}

/** Writes a value in which there may be a long list. */
interface PartWriter {
  readonly isLong: (value: unknown) => boolean;
  readonly write: (value: unknown, blocks: Blocks) => Generator<void>;
}

/** Null where a value of the schema has no list, or none that can be told apart from the rest. */
function partsOf(schema: z.core.$ZodType): PartWriter | null {
  if (schema instanceof z.ZodObject) return objectParts(schema);
  if (schema instanceof z.ZodArray) return listParts(schema);
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  ) {
    return partsOf(schema.unwrap());
  }
  return null;
}

interface FieldParts {
  readonly key: string;
  readonly name: string;
  readonly writeWhole: JsonWriter<unknown>;
  readonly parts: PartWriter | null;
}

function objectParts(schema: z.ZodObject): PartWriter | null {
  const fields = requiredFirst(schema).map(
    ([key, field]): FieldParts => ({
      key,
      name: `${JSON.stringify(key)}:`,
      writeWhole: createJsonWriter(field as z.ZodType) as JsonWriter<unknown>,
      parts: partsOf(field),
    }),
  );
  const listed = fields.filter(({ parts }) => parts !== null);
  if (listed.length === 0) return null;
  return {
    isLong: (value) =>
      isObject(value) && listed.some(({ key, parts }) => parts?.isLong(value[key]) === true),
    *write(value, blocks) {
      if (!isObject(value)) return;
      let separator = '{';
      for (const { key, name, writeWhole, parts } of fields) {
        const item = value[key];
        if (item === undefined) continue;
        blocks.add(separator + name);
        separator = ',';
        if (parts?.isLong(item) === true) yield* parts.write(item, blocks);
        else if (blocks.add(writeWhole(item))) yield;
      }
      blocks.add(separator === '{' ? '{}' : '}');
    },
  };
}

function listParts(schema: z.ZodArray): PartWriter {
  const writeItem = createJsonWriter(schema.element as z.ZodType) as JsonWriter<unknown>;
  const inner = partsOf(schema.element);
  return {
    isLong: (value) =>
      Array.isArray(value) &&
      (value.length >= LONG || (inner !== null && value.some((item) => inner.isLong(item)))),
    *write(value, blocks) {
      let separator = '[';
      for (const item of value as readonly unknown[]) {
        if (inner?.isLong(item) === true) {
          blocks.add(separator);
          yield* inner.write(item, blocks);
        } else if (blocks.add(separator + writeItem(item))) yield;
        separator = ',';
      }
      blocks.add(separator === '[' ? '[]' : ']');
    },
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
