import type { z } from 'zod';
import type { Host } from '../host/host.js';
import { OPERATIONS } from '../routes/operations.js';
import { checkerOf, serializerCompiler } from '../wire/compilers.js';
import type { Flaw } from '../wire/errors.js';

/** Parts of a request, as the wire has them. */
export interface Given {
  readonly params?: Readonly<Record<string, string>> | undefined;
  readonly query?: Readonly<Record<string, string | readonly string[]>> | undefined;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks an operation as a request would: the same checks, the same words, the same answer.
 *
 * @param id Id of the operation, as in openapi.yaml.
 * @returns The answer as the wire has it; undefined where it has no body.
 * @throws {ApiError} If it is refused.
 * @throws {RangeError} If no operation has that id.
 */
export async function ask(
  host: Host,
  id: string,
  { params = {}, query = {}, body = {}, signal }: Given,
): Promise<unknown> {
  const operation = OPERATIONS.get(id);
  if (operation === undefined) throw new RangeError(`Cannot ask "${id}": no operation has that id`);
  const { takes, answer } = operation;
  const asked = {
    params: checked(takes.params, 'path', params),
    query: checked(takes.querystring, 'query', query),
    // A copy, as the wire would carry it: the caller's own object stays as it is.
    body: checked(takes.body, 'body', takes.body && JSON.parse(JSON.stringify(body))),
  };
  await host.fleet.sleeping.wake(params.vm ?? '');
  const entry = host.fleet.find(params.vm ?? '');
  // Nobody may come between the commands of an atomic batch.
  while (entry !== undefined && entry.held !== null) await entry.held;
  const text = String(writerOf(answer)(await operation.run(host, asked, signal)));
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
