import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../wire/errors.js';
import { quoted } from '../wire/quoted.js';

/**
 * Answers requests that no route matches: 405 with `Allow` where the path has another method,
 * otherwise 404. Must be set up before the routes, which it records.
 */
export function answerUnknownRoutes(app: FastifyInstance): void {
  const methodsByPattern = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const methods = methodsByPattern.get(url) ?? new Set();
    for (const name of [method].flat()) methods.add(name);
    methodsByPattern.set(url, methods);
  });
  app.setNotFoundHandler(({ method, url }: FastifyRequest, reply: FastifyReply) => {
    const path = url.split('?', 1)[0] ?? '';
    for (const [pattern, methods] of methodsByPattern) {
      if (!methods.has(method) && matches(pattern, path)) {
        void reply.header('allow', [...methods].join(', '));
        throw new ApiError(
          'method-not-allowed',
          `Cannot ${method} ${quoted(path)}: the path has other methods`,
        );
      }
    }
    throw new ApiError('route-not-found', `Cannot ${method} ${quoted(path)}: no such route`);
  });
}

function matches(pattern: string, path: string): boolean {
  const expected = pattern.split('/');
  const given = path.split('/');
  return (
    expected.length === given.length &&
    expected.every((part, i) => (part.startsWith(':') ? given[i] !== '' : part === given[i]))
  );
}
