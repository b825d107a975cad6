import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { type ApiError, ERROR_CODES, type ErrorCode, statusOf } from './errors.js';

const REFUSED_ANYWHERE = [
  'invalid-request',
  'host-refused',
  'rate-limited',
  'internal',
  'not-ready',
  'overloaded',
] as const;

const REFUSED_WITHOUT_TOKEN = ['token-required', 'token-refused'] as const;

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

const FlawBody = z
  .strictObject({
    in: z.enum(['body', 'query', 'path', 'header']),
    path: z.string().describe('JSON pointer; empty for the whole part.'),
    message: z.string(),
  })
  .meta({ id: 'Flaw', description: 'One thing that is wrong with a request.' });

/** Why a request was refused, as RFC 9457 has it. */
export const Problem = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.enum(ERROR_CODES).describe('Stable; the wording of `detail` is not.'),
    instance: z.string().optional(),
    requestId: z.string().optional().describe('Names the request in the log of the server.'),
    errors: z.array(FlawBody).optional(),
    applied: z.number().int().optional().describe('Commands applied before the batch stopped.'),
    index: z.number().int().optional().describe('Index of the command that stopped the batch.'),
    seq: z.number().int().optional().describe('Sequence number of the VM after that.'),
    line: z.number().int().optional().describe('Line that stopped a stream of commands, from 1.'),
    oldest: z.number().int().optional().describe('The lowest sequence number still kept.'),
    epoch: z.string().optional().describe('The epoch of this run of the server.'),
  })
  .meta({ id: 'Problem', description: 'Why a request was refused (RFC 9457).' });
export type Problem = z.output<typeof Problem>;

/** @param of The request that is refused, if it came to be one. */
export function problemOf(
  error: ApiError,
  of: Pick<Problem, 'instance' | 'requestId'> = {},
): Problem {
  return {
    type: `urn:mmulab:problem:${error.code}`,
    title: STATUS_CODES[error.status] ?? 'Error',
    status: error.status,
    detail: error.message,
    code: error.code,
    ...of,
    ...(error.details as Partial<Problem>),
  };
}

/** What a request to a VM may be refused for as soon as it has a body. */
export const VM_BODY_REFUSALS = [
  'malformed-json',
  'origin-refused',
  'scope-insufficient',
  'vm-not-found',
  'body-too-large',
  'unsupported-media-type',
] as const satisfies readonly ErrorCode[];

/**
 * What a route may be refused with, for its schema: the problem by status. Every route may be
 * refused for what is said of its request, for its host, for want of a token, for its client's rate
 * and the server's load, for an error of ours, and while the server closes.
 */
export function refusals(...more: readonly ErrorCode[]): object {
  return refusalsForAll(...REFUSED_WITHOUT_TOKEN, ...more);
}

/** The same for a route that is answered without a token. */
export function refusalsForAll(...more: readonly ErrorCode[]): object {
  const codes = [...REFUSED_ANYWHERE, ...more];
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    byStatus.set(statusOf(code), [...(byStatus.get(statusOf(code)) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, of]) => [
      status,
      {
        description: `Refused: ${of.map((code) => `\`${code}\``).join(', ')}.`,
        content: { 'application/problem+json': { schema: Problem } },
      },
    ]),
  );
}
