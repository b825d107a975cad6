import { z } from 'zod';
import type { AccessedRoute } from '../http/access.js';
import { IfMatch, isAboutVm, takesIfMatch } from '../http/etag.js';
import { IdempotencyKey, takesIdempotencyKey } from '../http/idempotency.js';
import { Prefer, takesPrefer } from '../http/prefer.js';
import type { JsonSchema } from './json.js';
import type { Components } from './json-schema.js';

/**
 * Headers of the request: those that hooks read, and those of the route.
 *
 * @param own The schema of the latter, if it has any.
 */
export function conditionsOf(route: AccessedRoute, own: unknown, components: Components): object {
  const shape = {
    ...(own instanceof z.ZodObject ? own.shape : {}),
    ...(takesIfMatch(route) ? { 'if-match': IfMatch.optional() } : {}),
    ...(takesPrefer(route) ? { prefer: Prefer.optional() } : {}),
    ...(takesIdempotencyKey(route) ? { 'idempotency-key': IdempotencyKey.optional() } : {}),
  };
  return Object.keys(shape).length === 0 ? {} : { headers: components.add(z.object(shape)) };
}

const ETAG: JsonSchema = {
  type: 'string',
  description: 'Names the state of the VM: for `If-Match` and `If-None-Match`.',
  examples: ['"k3x9q2m7ab-7-0"'],
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
