import { z } from 'zod';
import { inAnswers, inBodies, namesIn } from './defaults.js';
import type { Json, JsonSchema } from './json.js';

export const REFERENCE = '#/components/schemas/';

/** A whole number as a URL has it, and as callers have it: of fifteen digits at most. */
const DIGITS_PATTERN = '^(?:0|[1-9][0-9]{0,14})$';
const WHOLE_NUMBER = { type: 'integer', minimum: 0, maximum: 10 ** 15 - 1 };

/** Keywords that mean nothing outside the schema that zod made. */
const OF_ZOD = new Set(['$schema', '$id', '$defs', 'id']);

/** Keywords in the order in which one reads them; others follow. */
const FIRST = ['$ref', 'description', 'type', 'const', 'enum', 'properties', 'required'];

/**
 * Turns schemas into JSON Schema as the wire has them, and gathers those that have a name, so that
 * each is described once and referred to.
 */
export class Components {
  readonly #schemas = new Map<string, JsonSchema>();
  readonly #bodies: JsonSchema[] = [];

  /** The schema, or a reference to it if it has a name. */
  add(schema: z.core.$ZodType): JsonSchema {
    const json = z.toJSONSchema(schema, {
      io: 'input',
      unrepresentable: 'any',
      override: ({ jsonSchema }) => {
        if (jsonSchema.pattern !== DIGITS_PATTERN) return;
        // A URL has only text, but whoever calls has a number.
        delete jsonSchema.pattern;
        delete jsonSchema.type;
        if (jsonSchema.$ref === undefined) Object.assign(jsonSchema, WHOLE_NUMBER);
      },
    }) as JsonSchema;
    for (const [name, part] of Object.entries((json.$defs ?? {}) as Record<string, JsonSchema>)) {
      this.#schemas.set(name, cleaned(part) as JsonSchema);
    }
    const id = z.globalRegistry.get(schema)?.id;
    if (id === undefined) return cleaned(json) as JsonSchema;
    // A named schema that another one extends stands among the definitions already.
    if (json.$defs === undefined || !(id in (json.$defs as object))) {
      this.#schemas.set(id, cleaned(json) as JsonSchema);
    }
    return { $ref: `${REFERENCE}${id}` };
  }

  /** The same for the body of a request, in which a field with a default may be left out. */
  addBody(schema: z.core.$ZodType): JsonSchema {
    const json = this.add(schema);
    this.#bodies.push(json);
    return inBodies(json) as JsonSchema;
  }

  /** The named schemas, in alphabetical order: those of bodies, and those of answers alone. */
  all(): Record<string, JsonSchema> {
    const taken = namesIn(this.#bodies, this.#schemas);
    const sorted = [...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1));
    const told = sorted.map(([name, schema]) => [
      name,
      taken.has(name) ? inBodies(schema) : inAnswers(schema),
    ]);
    return Object.fromEntries(told) as Record<string, JsonSchema>;
  }
}

/**
 * Lets a reference stand beside its description, as OpenAPI 3.1 allows. AsyncAPI ignores everything
 * beside a `$ref`, and so does the plugin that gathers the routes: for them it is wrapped in `allOf`.
 */
export function withBareReferences<T>(json: T): T {
  return unwrapped(json as Json) as T;
}

/** Drops keywords of zod's own, and lets references point to the components. */
function cleaned(json: Json): Json {
  if (Array.isArray(json)) return json.map(cleaned);
  if (typeof json !== 'object' || json === null) return json;
  const out: Record<string, Json> = {};
  for (const [key, value] of inReadingOrder(json as JsonSchema)) {
    if (key === '$ref') out.$ref = String(value).replace('#/$defs/', REFERENCE);
    else if (key === 'properties') out.properties = mapped(value as JsonSchema);
    else if (key === 'examples' || key === 'default' || key === 'const') out[key] = value;
    else if (!OF_ZOD.has(key) && !isBoundOfJson(key, value)) out[key] = cleaned(value);
  }
  // Only one type has that value.
  if ('const' in out) delete out.type;
  const { $ref, ...rest } = out;
  if ($ref !== undefined && Object.keys(rest).length > 0) return { ...rest, allOf: [{ $ref }] };
  return out;
}

/** Names of properties are names, whatever they are. */
function mapped(properties: JsonSchema): JsonSchema {
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [key, cleaned(value)]),
  );
}

function unwrapped(json: Json): Json {
  if (Array.isArray(json)) return json.map(unwrapped);
  if (typeof json !== 'object' || json === null) return json;
  const { allOf, ...rest } = json as JsonSchema;
  const parts = Object.entries(rest).map(([key, value]) => [key, unwrapped(value)]);
  if (!Array.isArray(allOf)) return Object.fromEntries(parts);
  const [only, ...others] = allOf as readonly Json[];
  const isReference = others.length === 0 && typeof only === 'object' && only !== null;
  return Object.fromEntries(
    isReference ? [...Object.entries(only), ...parts] : [...parts, ['allOf', allOf]],
  );
}

/** A whole number without a bound of its own is bounded by what JSON carries exactly. */
function isBoundOfJson(key: string, value: Json): boolean {
  return (
    (key === 'minimum' && value === Number.MIN_SAFE_INTEGER) ||
    (key === 'maximum' && value === Number.MAX_SAFE_INTEGER)
  );
}

function inReadingOrder(json: JsonSchema): [string, Json][] {
  const place = (key: string) => (FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length);
  return Object.entries(json).sort(([a], [b]) => place(a) - place(b));
}
