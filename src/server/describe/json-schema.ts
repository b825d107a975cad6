import { z } from 'zod';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonSchema = { readonly [key: string]: Json };

const REFERENCE = '#/components/schemas/';

/** Says nothing outside the schema that zod made. */
const OF_ZOD = new Set(['$schema', '$id', '$defs', 'id']);

/**
 * Turns schemas into JSON Schema as the wire has them, and gathers those that have a name, so that
 * each is described once and referred to.
 */
export class Components {
  readonly #schemas = new Map<string, JsonSchema>();

  /** The schema, or a reference to it if it has a name. */
  add(schema: z.core.$ZodType): JsonSchema {
    const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
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

  /** The named schemas, in alphabetical order. */
  all(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** Drops what only zod wants to know, and lets references point to the components. */
function cleaned(json: Json): Json {
  if (Array.isArray(json)) return json.map(cleaned);
  if (typeof json !== 'object' || json === null) return json;
  const out: Record<string, Json> = {};
  for (const [key, value] of Object.entries(json as JsonSchema)) {
    if (key === '$ref') out.$ref = String(value).replace('#/$defs/', REFERENCE);
    else if (key === 'properties') out.properties = mapped(value as JsonSchema);
    else if (key === 'examples' || key === 'default' || key === 'const') out[key] = value;
    else if (!OF_ZOD.has(key)) out[key] = cleaned(value);
  }
  const { $ref, ...rest } = out;
  // AsyncAPI ignores what stands beside a reference.
  if ($ref !== undefined && Object.keys(rest).length > 0) return { ...rest, allOf: [{ $ref }] };
  return out;
}

/** Names of properties are names, whatever they are. */
function mapped(properties: JsonSchema): JsonSchema {
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [key, cleaned(value)]),
  );
}
