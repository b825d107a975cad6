import fc, { type Arbitrary } from 'fast-check';
import type { Schema } from './description.js';
import { INTERESTING } from './interesting.js';

/** Elements of a generated list. A batch may have thousands, which would find nothing more. */
const ITEMS_MAX = 6;

/** Generates values that JSON schemas allow, from a seed and with shrinking. */
export class Values {
  readonly #components: Readonly<Record<string, Schema>>;
  readonly #byName = new Map<string, Arbitrary<unknown>>();

  constructor(components: Readonly<Record<string, Schema>>) {
    this.#components = components;
  }

  /** @throws {Error} If the schema has an unknown keyword. */
  of(schema: Schema): Arbitrary<unknown> {
    const { $ref, allOf, anyOf, oneOf, type, pattern } = schema;
    if ($ref !== undefined) return this.#named($ref.slice($ref.lastIndexOf('/') + 1));
    if (allOf?.length === 1) return this.of(allOf[0] as Schema);
    const options = anyOf ?? oneOf;
    if (options !== undefined) return fc.oneof(...options.map((option) => this.of(option)));
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
    if (Array.isArray(type)) {
      return fc.oneof(...type.map((name: string) => this.of({ ...schema, type: name })));
    }
    const plain = this.#typed(schema);
    return pattern === undefined ? plain : oftenInteresting(pattern, plain);
  }

  /** A value of a parameter that suits its name. */
  parameter(name: string, schema: Schema): Arbitrary<unknown> {
    return oftenInteresting(`{${name}}`, this.of(schema));
  }

  #named(name: string): Arbitrary<unknown> {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const arbitrary = oftenInteresting(name, this.of(this.#components[name] as Schema));
    this.#byName.set(name, arbitrary);
    return arbitrary;
  }

  #typed(schema: Schema): Arbitrary<unknown> {
    switch (schema.type) {
      case 'null':
        return fc.constant(null);
      case 'boolean':
        return fc.boolean();
      case 'string':
        return stringOf(schema);
      case 'integer':
        return integerOf(schema);
      case 'number':
        return fc.double({ noNaN: true, noDefaultInfinity: true });
      case 'array': {
        const { minItems = 0, maxItems = ITEMS_MAX, items = {} } = schema;
        const maxLength = Math.max(minItems, Math.min(maxItems, ITEMS_MAX));
        return fc.array(this.of(items), { minLength: minItems, maxLength });
      }
      case 'object':
        return this.#object(schema);
      default:
        throw new Error(`Cannot make a value: ${JSON.stringify(schema)} is not known`);
    }
  }

  #object({ properties, required = [], additionalProperties, propertyNames }: Schema) {
    if (properties === undefined && typeof additionalProperties === 'object') {
      const key = this.of(propertyNames ?? { type: 'string' }) as Arbitrary<string>;
      return fc.dictionary(key, this.of(additionalProperties), { maxKeys: 3 });
    }
    const fields = Object.entries(properties ?? {}).map(
      ([key, field]) => [key, this.of(field)] as const,
    );
    return fc.record(Object.fromEntries(fields), {
      requiredKeys: [...required],
      noNullPrototype: true,
    });
  }
}

function oftenInteresting(name: string, plain: Arbitrary<unknown>): Arbitrary<unknown> {
  const values = INTERESTING[name];
  if (values === undefined) return plain;
  return fc.oneof(
    { weight: 7, arbitrary: fc.constantFrom(...values) },
    { weight: 1, arbitrary: plain },
  );
}

function stringOf({ pattern, minLength = 0, maxLength = 300 }: Schema): Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  return fc.string({ minLength, maxLength: Math.min(maxLength, 300) });
}

function integerOf({ minimum, maximum, multipleOf = 1 }: Schema): Arbitrary<number> {
  const min = Math.ceil((minimum ?? Number.MIN_SAFE_INTEGER) / multipleOf);
  const max = Math.floor((maximum ?? Number.MAX_SAFE_INTEGER) / multipleOf);
  const whole = fc.maxSafeInteger().map((n) => min + (Math.abs(n) % (max - min + 1)));
  const low = fc.integer({ min: 0, max: Math.min(8, max - min) }).map((n) => min + n);
  return fc
    .oneof(low, whole, fc.constantFrom(min, max))
    .map((n) => Math.min(max, Math.max(min, n)) * multipleOf);
}
