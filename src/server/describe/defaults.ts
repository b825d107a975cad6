import type { Json, JsonSchema } from './json.js';

/** Characters of a default that a description repeats. */
const SHOWN_MAX = 40;

const NAME = /#\/components\/schemas\/([^"]+)"/g;

/**
 * A schema in the body of a request. Generators take a field with a `default` for one that is always
 * there, and demand it of callers; so its description tells the default instead.
 */
export function inBodies(schema: Json): Json {
  return mapped(schema, (properties) => ({
    properties: Object.fromEntries(
      Object.entries(properties).map(([key, { default: by, ...property }]) => [
        key,
        by === undefined ? property : { ...told(property, by) },
      ]),
    ),
    always: [],
  }));
}

/**
 * A schema of answers alone, in which a field with a default is always there. Clients are to ignore
 * fields that they do not know, so that an answer may grow: it is not closed, as bodies are.
 */
export function inAnswers(schema: Json): Json {
  return mapped(open(schema), (properties) => ({
    properties: Object.fromEntries(
      Object.entries(properties).map(([key, { default: _, ...property }]) => [key, property]),
    ),
    always: Object.keys(properties).filter((key) => properties[key]?.default !== undefined),
  }));
}

/** Names of the schemas that some schemas refer to, and of those that they refer to in turn. */
export function namesIn(
  schemas: readonly JsonSchema[],
  named: ReadonlyMap<string, JsonSchema>,
): ReadonlySet<string> {
  const names = new Set<string>();
  const left: (JsonSchema | undefined)[] = [...schemas];
  for (let next = left.pop(); left.length > 0 || next !== undefined; next = left.pop()) {
    for (const [, name = ''] of JSON.stringify(next ?? null).matchAll(NAME)) {
      if (names.has(name)) continue;
      names.add(name);
      left.push(named.get(name));
    }
  }
  return names;
}

type Properties = Readonly<Record<string, JsonSchema>>;

/** A change of the properties of an object, which tells those that are always there. */
type Change = (properties: Properties) => {
  readonly properties: Record<string, Json>;
  readonly always: readonly string[];
};

function mapped(schema: Json, change: Change): Json {
  if (Array.isArray(schema)) return schema.map((part) => mapped(part, change));
  if (typeof schema !== 'object' || schema === null) return schema;
  const out: Record<string, Json> = {};
  for (const [key, part] of Object.entries(schema as JsonSchema)) {
    if (VALUES.includes(key)) out[key] = part;
    else if (key !== 'properties') out[key] = mapped(part, change);
    else {
      const { properties, always } = change(part as Properties);
      out.properties = Object.fromEntries(
        Object.entries(properties).map(([name, property]) => [name, mapped(property, change)]),
      );
      if (always.length > 0) out.required = always;
    }
  }
  const required = new Set([out.required, (schema as JsonSchema).required].flat());
  required.delete(undefined as never);
  if (required.size > 0) {
    const order = Object.keys(out.properties ?? {});
    out.required = ([...required] as string[]).sort((a, b) => order.indexOf(a) - order.indexOf(b));
  }
  return out;
}

function open(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(open);
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.entries(schema as JsonSchema).filter(
    ([key, part]) => key !== 'additionalProperties' || part !== false,
  );
  return Object.fromEntries(
    kept.map(([key, part]) => [key, VALUES.includes(key) ? part : open(part)]),
  );
}

/** Keywords whose values are no schemas. */
const VALUES: readonly string[] = ['const', 'default', 'enum', 'examples', 'required'];

function told(property: JsonSchema, by: Json): JsonSchema {
  const text = JSON.stringify(by);
  if (text.length > SHOWN_MAX || text === '{}' || text === '[]') return property;
  const { description = '' } = property;
  return { ...property, description: `${description} Default: ${text}.`.trim() };
}
