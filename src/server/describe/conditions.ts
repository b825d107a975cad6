import { z } from 'zod';
import type { AccessedRoute } from '../http/access.js';
import { IfMatch, IfNoneMatch, isAboutVm, takesIfMatch, takesIfNoneMatch } from '../http/etag.js';
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
    ...(takesIfNoneMatch(route) ? { 'if-none-match': IfNoneMatch.optional() } : {}),
    ...(takesPrefer(route) ? { prefer: Prefer.optional() } : {}),
    ...(takesIdempotencyKey(route) ? { 'idempotency-key': IdempotencyKey.optional() } : {}),
  };
  return Object.keys(shape).length === 0 ? {} : { headers: components.add(z.object(shape)) };
}

const ETAG: JsonSchema = {
  type: 'string',
  description:
    'Names the state of the VM that the answer is about, or else the answer: for `If-Match` and `If-None-Match`.',
  examples: ['"k3x9q2m7ab-7-0"'],
};

const NOT_MODIFIED = {
  type: 'null',
  description: 'The client has the answer already.',
  headers: { etag: ETAG },
};

/** Answers of a route, with their `ETag` and what that allows to leave out. */
export function withEtags(
  route: AccessedRoute,
  responses: Record<string, unknown>,
): Record<string, unknown> {
  const mayBeKept = takesIfNoneMatch(route);
  if (!mayBeKept && !isAboutVm(route.url)) return responses;
  const tagged = Object.entries(responses).map(([status, response]) => {
    const isDone = status === '200' || status === '201';
    return [status, isDone ? { ...(response as object), headers: { etag: ETAG } } : response];
  });
  return { ...Object.fromEntries(tagged), ...(mayBeKept && { 304: NOT_MODIFIED }) };
}
