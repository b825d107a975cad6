import { z } from 'zod';
import { objection, textLike } from '../../mmu/schema/index.js';
import { ApiError } from '../wire/errors.js';

/** Comparisons of a value. Hex is compared as a number, a list by its items. */
const OPERATORS = ['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'contains', 'lacks'] as const;

const Scalar = z.union([z.string().max(128), z.number(), z.boolean(), z.null()], {
  error: objection('neither a text of at most 128 characters, a number, true, false nor null'),
});
type Scalar = z.output<typeof Scalar>;

/** A single condition on a value; the condition language has no other form. */
export const Check = z
  .strictObject({
    path: textLike(/^(?:\/[^/]+)+$/, 'not a JSON pointer, such as "/rootMmu/root/pgd"')
      .max(256)
      .describe('JSON pointer into the checked object.'),
    op: z.enum(OPERATORS).default('eq').describe('`contains` and `lacks` apply to lists.'),
    value: Scalar.describe('Compared with the value at `path`; hex with hex.'),
  })
  .meta({
    id: 'Check',
    description: 'A path, an operator, a value.',
    examples: [{ path: '/requests', op: 'contains', value: 'MMU_SYNC' }],
  });
export type Check = z.output<typeof Check>;

/** A check with the value that it found. */
export const CheckResult = z
  .strictObject({
    path: z.string(),
    op: z.enum(OPERATORS),
    value: z.string().describe('The expected value, as JSON.'),
    found: z.string().nullable().describe('The value at `path`, as JSON; null if there is none.'),
    holds: z.boolean(),
  })
  .meta({ id: 'CheckResult', description: 'A check with the value that it found.' });
export type CheckResult = z.output<typeof CheckResult>;

/**
 * Refuses checks that could never hold: of a path that no schema has, or with a value that cannot
 * occur there. A client would otherwise wait in vain for a condition with a typing error.
 *
 * @param schemas Alternative schemas of the checked object.
 * @param at JSON pointer to the checks in the request's body.
 * @returns The checks, with their values in the form that answers have: `0x0FFF` is `0xfff`.
 * @throws {ApiError} If a check could never hold.
 */
export function sensible(
  checks: readonly Check[],
  schemas: readonly z.core.$ZodType[],
  at: string,
): Check[] {
  return checks.map((check, index) => {
    const judged = judge(check, schemas);
    if (!('field' in judged)) return judged;
    const path = `${at}/${index}/${judged.field}`;
    throw new ApiError('invalid-request', `Cannot take body at ${path}: ${judged.message}`, {
      errors: [{ in: 'body', path, message: judged.message }],
    });
  });
}

/** @param target The checked object in its wire form. */
export function checkResultOf({ path, op, value }: Check, target: unknown): CheckResult {
  const found = valueAt(target, tokensOf(path));
  return {
    path,
    op,
    value: JSON.stringify(value),
    found: found === undefined ? null : JSON.stringify(found),
    holds: compares(op, found, value),
  };
}

/** A check that is compared with many objects: its path is split once. */
export interface SplitCheck {
  readonly tokens: readonly string[];
  readonly op: Check['op'];
  readonly value: Scalar;
}

export function splitChecks(checks: readonly Check[]): SplitCheck[] {
  return checks.map(({ path, op, value }) => ({ tokens: tokensOf(path), op, value }));
}

export function holdsAll(checks: readonly SplitCheck[], target: unknown): boolean {
  return checks.every(({ tokens, op, value }) => compares(op, valueAt(target, tokens), value));
}

function compares(op: Check['op'], found: unknown, value: Scalar): boolean {
  switch (op) {
    case 'eq':
      return found === value;
    case 'ne':
      return found !== value;
    case 'contains':
      return Array.isArray(found) && found.includes(value);
    case 'lacks':
      return Array.isArray(found) && !found.includes(value);
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
      return isOrdered(op, found, value);
  }
}

function isOrdered(op: 'lt' | 'le' | 'gt' | 'ge', found: unknown, value: Scalar): boolean {
  const left = magnitudeOf(found);
  const right = magnitudeOf(value);
  if (left === null || right === null) return false;
  if (op === 'lt') return left < right;
  if (op === 'le') return left <= right;
  return op === 'gt' ? left > right : left >= right;
}

/** Size of a number or of hex, as a bigint because 64 bits do not fit a number; null for others. */
function magnitudeOf(value: unknown): bigint | null {
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  return typeof value === 'string' && /^0x[0-9a-f]{1,16}$/.test(value) ? BigInt(value) : null;
}

function valueAt(target: unknown, tokens: readonly string[]): unknown {
  let value = target;
  for (const token of tokens) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, token)) {
      return undefined;
    }
    value = (value as Record<string, unknown>)[token];
  }
  return value;
}

interface Misfit {
  readonly field: 'path' | 'op' | 'value';
  readonly message: string;
}

/** The check in the form of answers, or the flaw for which it could never hold. */
function judge({ path, op, value }: Check, schemas: readonly z.core.$ZodType[]): Check | Misfit {
  const places = tokensOf(path).reduce(childrenOf, schemas.flatMap(alternativesOf));
  if (places.length === 0) return { field: 'path', message: `there is no "${path}"` };
  const isOfLists = op === 'contains' || op === 'lacks';
  const takers = isOfLists
    ? places.flatMap((place) => (place instanceof z.ZodArray ? [place.element] : []))
    : places;
  if (takers.length === 0)
    return { field: 'op', message: `"${op}" is for lists, and "${path}" is none` };
  const taker = takers.find((one) => z.safeParse(one, value).success);
  if (taker === undefined) return { field: 'value', message: `"${path}" never has this value` };
  const told = { path, op, value: asAnswered(taker, value) };
  if (!isOfLists && op !== 'eq' && op !== 'ne' && magnitudeOf(told.value) === null) {
    return { field: 'op', message: `"${op}" is for numbers and hex` };
  }
  return told;
}

/** A value in the form in which answers have it; its schema takes it. */
function asAnswered(taker: z.core.$ZodType, value: Scalar): Scalar {
  if (!(taker instanceof z.ZodCodec)) return value;
  const answered = Scalar.safeParse(z.encode(taker, z.decode(taker, value)));
  return answered.success ? answered.data : value;
}

/** Schemas of the values one step further along a path. */
function childrenOf(places: readonly z.core.$ZodType[], token: string): z.core.$ZodType[] {
  return places.flatMap((place) => {
    if (place instanceof z.ZodObject) {
      const child = Object.hasOwn(place.shape, token) ? place.shape[token] : undefined;
      return child === undefined ? [] : alternativesOf(child);
    }
    const isIndex = place instanceof z.ZodArray && /^(?:0|[1-9][0-9]{0,4})$/.test(token);
    return isIndex ? alternativesOf(place.element) : [];
  });
}

/** Alternatives of a schema: the options of a union, and null for a nullable one. */
function alternativesOf(schema: z.core.$ZodType): z.core.$ZodType[] {
  if (schema instanceof z.ZodNullable) return [...alternativesOf(schema.unwrap()), z.null()];
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    return alternativesOf(schema.unwrap());
  }
  if (schema instanceof z.ZodPrefault) return alternativesOf(schema.unwrap());
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(alternativesOf);
  return [schema];
}

/** @see RFC 6901, "JavaScript Object Notation (JSON) Pointer" */
function tokensOf(path: string): string[] {
  return path
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}
