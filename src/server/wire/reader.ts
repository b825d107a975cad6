import { z } from 'zod';
import { itemsRead } from './lists-read.js';

/** Decodes JSON into the machine's form; `NO_MATCH` if it does not fit the schema. */
export type JsonReader = (value: unknown) => unknown;

/** Stands for no value; no schema yields it. */
export const NO_MATCH: unique symbol = Symbol('no match');

/**
 * Compiles a schema into a reader of JSON.
 *
 * The reader accepts what `schema.safeParse` accepts and yields the same, several times as fast,
 * because it explains nothing: for an explanation, ask the schema itself. Kinds of schemas that it
 * does not know it leaves to the schema.
 */
export function createJsonReader(schema: z.core.$ZodType): JsonReader {
  if (schema instanceof z.ZodObject) return objectReader(schema);
  if (schema instanceof z.ZodArray) return arrayReader(schema);
  if (schema instanceof z.ZodDiscriminatedUnion) return unionReader(schema);
  if (schema instanceof z.ZodNullable) {
    const inner = createJsonReader(schema.unwrap());
    return (value) => (value === null ? null : inner(value));
  }
  if (schema instanceof z.ZodOptional) {
    const inner = createJsonReader(schema.unwrap());
    return (value) => (value === undefined ? undefined : inner(value));
  }
  if (schema instanceof z.ZodDefault) {
    const { def } = schema;
    const inner = createJsonReader(schema.unwrap());
    const { defaultValue } = def;
    // A mutable default is made anew each time.
    const isShared = typeof defaultValue !== 'object' || defaultValue === null;
    return (value) =>
      value !== undefined ? inner(value) : isShared ? defaultValue : def.defaultValue;
  }
  if (schema instanceof z.ZodPrefault) {
    const { def } = schema;
    const inner = createJsonReader(schema.unwrap());
    return (value) => inner(value === undefined ? def.defaultValue : value);
  }
  if (schema instanceof z.ZodCodec) return codecReader(schema);
  if (schema instanceof z.ZodEnum) {
    const options = new Set<unknown>(schema.options);
    return (value) => (options.has(value) ? value : NO_MATCH);
  }
  if (schema instanceof z.ZodNumber) return numberReader(schema);
  if (schema instanceof z.ZodString) return stringReader(schema);
  if (schema instanceof z.ZodUnion) return choiceReader(schema);
  if (schema instanceof z.ZodNull) return (value) => (value === null ? null : NO_MATCH);
  if (schema instanceof z.ZodBoolean) {
    return (value) => (typeof value === 'boolean' ? value : NO_MATCH);
  }
  return strictReader(schema);
}

/** Reads with the schema itself, for rare kinds. */
function strictReader(schema: z.core.$ZodType): JsonReader {
  return (value) => {
    const result = z.safeParse(schema, value);
    return result.success ? result.data : NO_MATCH;
  };
}

function objectReader(schema: z.ZodObject): JsonReader {
  if (!isStrict(schema)) return strictReader(schema);
  const readFields = fieldsReader(schema);
  const { checks = [] } = schema.def;
  if (checks.length === 0) return readFields;
  // Checks of the whole come behind its fields, and see what those were decoded into.
  const heed = strictReader(z.unknown().check(...(checks as never[])));
  return (value) => {
    const read = readFields(value);
    return read === NO_MATCH ? NO_MATCH : heed(read);
  };
}

function fieldsReader(schema: z.ZodObject): JsonReader {
  const fields = Object.entries(schema.shape).map(([key, field]) => ({
    key,
    literal: field instanceof z.ZodLiteral && field.values.size === 1 ? field.value : undefined,
    read: createJsonReader(field),
  }));
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return NO_MATCH;
    const record = value as Record<string, unknown>;
    const out: Record<string, unknown> = {};
    let known = 0;
    for (const { key, literal, read } of fields) {
      const given = record[key];
      if (given !== undefined) known += 1;
      const item = literal !== undefined && literal === given ? given : read(given);
      if (item === NO_MATCH) return NO_MATCH;
      if (item !== undefined) out[key] = item;
    }
    return countKeys(record) === known ? out : NO_MATCH;
  };
}

function arrayReader(schema: z.ZodArray): JsonReader {
  const bounds = boundsOf(schema, 'min_length', 'max_length');
  if (bounds === null) return strictReader(schema);
  const read = createJsonReader(schema.element);
  return (value) => {
    if (!Array.isArray(value)) return NO_MATCH;
    if (value.length < bounds.least || value.length > bounds.most) return NO_MATCH;
    const before = itemsRead(value, schema);
    if (before !== undefined) return before;
    const out: unknown[] = [];
    for (const given of value) {
      const item = read(given);
      if (item === NO_MATCH) return NO_MATCH;
      out.push(item);
    }
    return out;
  };
}

function unionReader(schema: z.ZodDiscriminatedUnion): JsonReader {
  const { discriminator } = schema.def;
  const readers = new Map<unknown, JsonReader>();
  for (const option of schema.options) {
    const read = createJsonReader(option);
    const literal = (option as z.ZodObject).shape[discriminator] as z.ZodLiteral;
    for (const kind of literal.values) readers.set(kind, read);
  }
  return (value) => {
    if (typeof value !== 'object' || value === null) return NO_MATCH;
    const read = readers.get((value as Record<string, unknown>)[discriminator]);
    return read === undefined ? NO_MATCH : read(value);
  };
}

/** The first option that takes a value reads it. */
function choiceReader({ options }: z.ZodUnion): JsonReader {
  const readers = options.map(createJsonReader);
  return (value) => {
    for (const read of readers) {
      const item = read(value);
      if (item !== NO_MATCH) return item;
    }
    return NO_MATCH;
  };
}

/** Checks the input as its schema says, and decodes it with the codec's own function. */
function codecReader(codec: z.ZodCodec): JsonReader {
  const { in: input, transform } = codec.def;
  const decode = transform as (value: unknown) => unknown;
  const read = createJsonReader(input);
  return (value) => {
    const given = read(value);
    return given === NO_MATCH ? NO_MATCH : decode(given);
  };
}

/** Texts by their length and by patterns. */
function stringReader(schema: z.ZodString): JsonReader {
  const patterns: RegExp[] = [];
  let least = 0;
  let most = Number.POSITIVE_INFINITY;
  for (const { _zod } of schema.def.checks ?? []) {
    const { check, format, pattern, minimum, maximum } = _zod.def as Check;
    if (check === 'min_length') least = Math.max(least, minimum ?? 0);
    else if (check === 'max_length') most = Math.min(most, maximum ?? most);
    else if (format === 'regex' && pattern?.flags === '') patterns.push(pattern);
    else return strictReader(schema);
  }
  const [only] = patterns;
  if (
    only !== undefined &&
    patterns.length === 1 &&
    least === 0 &&
    most === Number.POSITIVE_INFINITY
  ) {
    return (value) => (typeof value === 'string' && only.test(value) ? value : NO_MATCH);
  }
  return (value) => {
    if (typeof value !== 'string' || value.length < least || value.length > most) return NO_MATCH;
    return patterns.every((pattern) => pattern.test(value)) ? value : NO_MATCH;
  };
}

function numberReader(schema: z.ZodNumber): JsonReader {
  const bounds = boundsOf(schema, 'greater_than', 'less_than', 'number_format');
  if (bounds === null || !schema.isInt) return strictReader(schema);
  return (value) =>
    Number.isSafeInteger(value) &&
    (value as number) >= bounds.least &&
    (value as number) <= bounds.most
      ? value
      : NO_MATCH;
}

/** Bounds from all checks of a schema; null if one of them is of another kind. */
function boundsOf({ def }: z.ZodArray | z.ZodNumber, lower: string, upper: string, free?: string) {
  let least = Number.NEGATIVE_INFINITY;
  let most = Number.POSITIVE_INFINITY;
  for (const { _zod } of def.checks ?? []) {
    const check = _zod.def as Check;
    if (check.check === lower && check.inclusive !== false) {
      least = Math.max(least, check.value ?? check.minimum ?? least);
    } else if (check.check === upper && check.inclusive !== false) {
      most = Math.min(most, check.value ?? check.maximum ?? most);
    } else if (check.check !== free) {
      return null;
    }
  }
  return { least, most };
}

interface Check {
  readonly check: string;
  readonly value?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly inclusive?: boolean;
  readonly format?: string;
  readonly pattern?: RegExp;
}

function isStrict({ def }: z.ZodObject): boolean {
  return def.catchall?._zod.def.type === 'never';
}

function countKeys(record: Record<string, unknown>): number {
  let count = 0;
  for (const _ in record) count += 1;
  return count;
}
