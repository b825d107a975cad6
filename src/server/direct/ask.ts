import type { z } from 'zod';
import type { Host } from '../host/host.js';
import type { Asked, Operation, Parts } from '../host/operation.js';
import { checkerOf, serializerCompiler } from '../wire/compilers.js';
import type { Flaw } from '../wire/errors.js';

/** What a caller gives to an operation, as the wire has it. */
export interface Given {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks an operation as a request would: the same checks, the same words, the same answer.
 *
 * @returns The answer as the wire has it; undefined where it has no body.
 * @throws {ApiError} If it is refused.
 */
export async function ask<P extends Parts, A extends z.ZodType>(
  host: Host,
  { takes, answer, run }: Operation<P, A>,
  { params = {}, query = {}, body = {}, signal }: Given,
): Promise<unknown> {
  const asked = {
    params: checked(takes.params, 'path', params),
    query: checked(takes.querystring, 'query', query),
    // The caller's own object stays as it is: what is checked is what the wire would carry.
    body: checked(takes.body, 'body', takes.body && JSON.parse(JSON.stringify(body))),
  } as Asked<P>;
  const text = String(writerOf(answer)(await run(host, asked, signal)));
  return text === '' ? undefined : JSON.parse(text);
}

/** @throws {ApiError} If it is wrong. */
export function checked(schema: z.ZodType | undefined, part: Flaw['in'], given: unknown): unknown {
  if (schema === undefined) return undefined;
  let check = checkers.get(schema);
  if (check === undefined) {
    check = checkerOf(schema, part);
    checkers.set(schema, check);
  }
  const result = check(given);
  if ('error' in result) throw result.error;
  return result.value;
}

type Checker = ReturnType<typeof checkerOf>;

/** A schema checks one part of requests, and its checker is compiled once. */
const checkers = new WeakMap<z.ZodType, Checker>();

function writerOf(schema: z.ZodType): (value: unknown) => string {
  return serializerCompiler({ schema, method: '', url: '' }) as (value: unknown) => string;
}
