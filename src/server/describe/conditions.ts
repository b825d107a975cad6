import { z } from 'zod';
import type { AccessedRoute } from '../http/access.js';
import { IfMatch, isAboutVm, takesIfMatch } from '../http/etag.js';
import { IdempotencyKey, takesIdempotencyKey } from '../http/idempotency.js';
import { Prefer, takesPrefer } from '../http/prefer.js';
import type { Components, JsonSchema } from './json-schema.js';

/** Headers of the request that hooks read, beyond those in the schema of the route. */
export function conditionsOf(route: AccessedRoute, components: Components): object {
  const shape = {
    ...(takesIfMatch(route) ? { 'if-match': IfMatch.optional() } : {}),
    ...(takesPrefer(route) ? { prefer: Prefer.optional() } : {}),
    ...(takesIdempotencyKey(route) ? { 'idempotency-key': IdempotencyKey.optional() } : {}),
  };
  return Object.keys(shape).length === 0 ? {} : { headers: components.add(z.object(shape)) };
}

const ETAG: JsonSchema = {
  type: 'string',
  description: 'The sequence number of the VM, in quotes: for `If-Match`.',
  examples: ['"7"'],
};

/** Answers of a route; those about a VM with their `ETag`. */
export function withEtags(
  { url }: AccessedRoute,
  responses: Record<string, unknown>,
): Record<string, unknown> {
  if (!isAboutVm(url)) return responses;
  return Object.fromEntries(
    Object.entries(responses).map(([status, response]) => {
      const isDone = status === '200' || status === '201';
      return [status, isDone ? { ...(response as object), headers: { etag: ETAG } } : response];
    }),
  );
}
