import { z } from 'zod';
import { isPlainText } from './hex.js';

/** Turns a value, as the machine sees it, into its JSON text on the wire. */
export type JsonWriter<T> = (value: T) => string;

type Writer = JsonWriter<unknown>;

/**
 * Compiles a schema into a writer of JSON.
 *
 * It says what `JSON.stringify(z.encode(schema, value))` says, several times as fast, because it
 * trusts the machine: nothing is checked on the way out, and no object is built in between.
 *
 * @throws {Error} If the wire has no use for a schema of this kind. One inside of an object is met
 *   when the first such object is written.
 */
export function createJsonWriter<T extends z.ZodType>(schema: T): JsonWriter<z.output<T>> {
  return writerOf(schema) as JsonWriter<z.output<T>>;
}

/** Fields in the order in which they are written: what is always there stands before the rest. */
export function requiredFirst(schema: z.ZodObject): [string, z.core.$ZodType][] {
  const entries = Object.entries(schema.shape);
  const isOptional = ([, field]: [string, z.core.$ZodType]) => field instanceof z.ZodOptional;
  return [...entries.filter((entry) => !isOptional(entry)), ...entries.filter(isOptional)];
}

function writerOf(schema: z.core.$ZodType): Writer {
  if (schema instanceof z.ZodObject) return objectWriter(schema);
  if (schema instanceof z.ZodArray) return arrayWriter(writerOf(schema.element));
  if (schema instanceof z.ZodDiscriminatedUnion) return unionWriter(schema);
  if (schema instanceof z.ZodUnion) return choiceWriter(schema);
  if (schema instanceof z.ZodNullable) {
    const inner = writerOf(schema.unwrap());
    return (value) => (value === null ? 'null' : inner(value));
  }
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    return writerOf(schema.unwrap());
  }
  if (schema instanceof z.ZodPrefault) return writerOf(schema.unwrap());
  if (schema instanceof z.ZodCodec) return codecWriter(schema);
  if (schema instanceof z.ZodEnum || schema instanceof z.ZodLiteral) return quoteOnce();
  if (schema instanceof z.ZodNumber || schema instanceof z.ZodBoolean) return String;
  if (schema instanceof z.ZodString) return (value) => JSON.stringify(value);
  if (schema instanceof z.ZodRecord) return (value) => JSON.stringify(value);
  throw new Error(`Cannot write schema of type "${schema._zod.def.type}"`);
}

/** A field as text: what stands before it, its name, and its value. */
interface FieldText {
  /** Constant text, which is there even where the field is left out. */
  readonly before: string;
  readonly name: string;
  readonly key: string;
  readonly isOptional: boolean;
  readonly schema: z.core.$ZodType;
}

/**
 * Constant text is put together once, which leaves few additions a value. What is always there
 * stands before what may be left out; a value that is undefined is left out.
 *
 * Each object has code of its own: in code for all of them, an engine finds fields by a search,
 * and writing an event took twice as long. Where zod may make no code of text, neither do we: the
 * policy of a page forbids it.
 *
 * The writer is made when it is first needed, because a server has to start fast.
 */
function objectWriter(schema: z.ZodObject): Writer {
  let write: Writer | null = null;
  return (value) => {
    write ??= madeWriter(schema);
    return write(value);
  };
}

function madeWriter(schema: z.ZodObject): Writer {
  const fields: FieldText[] = [];
  let before = '{';
  let separator = '';
  for (const [key, field] of requiredFirst(schema)) {
    const name = `${separator}${JSON.stringify(key)}:`;
    separator = ',';
    if (field instanceof z.ZodLiteral && field.values.size === 1) {
      before += name + JSON.stringify(field.value);
      continue;
    }
    const isOptional = field instanceof z.ZodOptional;
    fields.push({ before, name, key, isOptional, schema: field });
    before = '';
  }
  const make = z.config().jitless === true ? searchingWriter : compiledWriter;
  return make(fields, `${before}}`);
}

/** Makes a function of its text, which sees the writers by the name `w`. */
type Compile = (w: readonly Writer[]) => Writer;

function compiledWriter(fields: readonly FieldText[], end: string): Writer {
  const writers: Writer[] = [];
  const terms = fields.flatMap(({ before, name, key, isOptional, schema }) => {
    const item = `value[${JSON.stringify(key)}]`;
    const text = termOf(schema, item, writers);
    if (!isOptional) return [JSON.stringify(before + name), text];
    const whole = `(${item} === undefined ? "" : ${JSON.stringify(name)} + ${text})`;
    return before === '' ? [whole] : [JSON.stringify(before), whole];
  });
  const code = `return (value) => ${[...terms, JSON.stringify(end)].join(' + ')};`;
  return (new Function('w', code) as Compile)(writers);
}

function searchingWriter(fields: readonly FieldText[], end: string): Writer {
  const writers = fields.map(({ schema }) => writerOf(schema));
  return (value) => {
    const object = value as Readonly<Record<string, unknown>>;
    let text = '';
    for (const [place, { before, name, key, isOptional }] of fields.entries()) {
      const item = object[key];
      text += before;
      if (!isOptional || item !== undefined) text += name + (writers[place] as Writer)(item);
    }
    return text + end;
  };
}

/** Code that writes one field, with those of its writers that it calls. */
function termOf(field: z.core.$ZodType, item: string, writers: Writer[]): string {
  if (field instanceof z.ZodNumber || field instanceof z.ZodBoolean) return item;
  if (field instanceof z.ZodNullable) {
    const inner = termOf(field.unwrap(), item, writers);
    return `(${item} === null ? "null" : ${inner})`;
  }
  return `w[${writers.push(writerOf(field)) - 1}](${item})`;
}

/** Items from which on texts are joined. */
const MANY = 64;

/**
 * Many texts are joined, not added up: a join copies each at once, where a sum of many thousand
 * keeps a tree of all its parts alive until it is sent, and collecting it took more than half of the
 * time. A few are added up, because they are copied once in any case.
 */
function arrayWriter(write: Writer): Writer {
  return (value) => {
    const items = value as readonly unknown[];
    if (items.length >= MANY) return `[${items.map(write).join(',')}]`;
    let text = '[';
    for (let i = 0; i < items.length; i += 1) text += (i === 0 ? '' : ',') + write(items[i]);
    return `${text}]`;
  };
}

function unionWriter(schema: z.ZodDiscriminatedUnion): Writer {
  const { discriminator } = schema.def;
  const writers = new Map<unknown, Writer>();
  for (const option of schema.options) {
    const object = option as z.ZodObject;
    const write = writerOf(object);
    for (const kind of (object.shape[discriminator] as z.ZodLiteral).values)
      writers.set(kind, write);
  }
  return (value) => {
    const kind = (value as Record<string, unknown>)[discriminator];
    const write = writers.get(kind);
    if (write === undefined) throw new Error(`Cannot write a value of kind "${String(kind)}"`);
    return write(value);
  };
}

const LEAVES = [z.ZodString, z.ZodNumber, z.ZodBoolean, z.ZodNull];

/**
 * A union without a discriminator: leaves of any kind, or values of closed sets and objects of one
 * kind at most.
 */
function choiceWriter({ options }: z.ZodUnion): Writer {
  if (options.every((option) => LEAVES.some((leaf) => option instanceof leaf))) {
    return (value) => JSON.stringify(value);
  }
  const object = options.find((option) => option instanceof z.ZodObject);
  const others = options.filter((option) => option !== object);
  if (!others.every((option) => option instanceof z.ZodEnum || option instanceof z.ZodLiteral)) {
    throw new Error('Cannot write schema of type "union": its options cannot be told apart');
  }
  const writeValue = quoteOnce();
  if (object === undefined) return writeValue;
  const writeObject = objectWriter(object);
  return (value) => (typeof value === 'object' ? writeObject(value) : writeValue(value));
}

function codecWriter(codec: z.ZodCodec): Writer {
  const encode = codec.def.reverseTransform as (value: unknown) => unknown;
  if (isPlainText(codec)) return (value) => `"${encode(value) as string}"`;
  return (value) => JSON.stringify(encode(value));
}

/** Values of a closed set: each is quoted the first time it is seen. */
function quoteOnce(): Writer {
  const quoted = new Map<unknown, string>();
  return (value) => {
    let text = quoted.get(value);
    if (text === undefined) {
      text = JSON.stringify(value);
      quoted.set(value, text);
    }
    return text;
  };
}
