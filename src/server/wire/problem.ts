import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { type ApiError, ERROR_CODES } from './errors.js';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

const FlawBody = z
  .strictObject({
    in: z.enum(['body', 'query', 'path', 'header']),
    path: z.string().describe('JSON pointer; empty for the whole part.'),
    message: z.string(),
  })
  .meta({ id: 'Flaw', description: 'One thing that is wrong with a request.' });

/**
 * The body of every refusal.
 *
 * @see RFC 9457, "Problem Details for HTTP APIs"
 */
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
  .meta({ id: 'Problem', description: 'Reason for a refusal (RFC 9457).' });
export type Problem = z.output<typeof Problem>;

/**
 * The problem that tells a client of an error.
 *
 * @param request The refused request; nothing if it was not even HTTP.
 */
export function problemOf(
  error: ApiError,
  request: Pick<Problem, 'instance' | 'requestId'> = {},
): Problem {
  return {
    type: `urn:mmulab:problem:${error.code}`,
    title: STATUS_CODES[error.status] ?? 'Error',
    status: error.status,
    detail: error.message,
    code: error.code,
    ...request,
    ...(error.details as Partial<Problem>),
  };
}
