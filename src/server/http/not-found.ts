import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../wire/errors.js';

/**
 * Answers what no route matches: 405 with `Allow` where the path has another method, otherwise 404.
 * It must be set up before the routes, because it takes note of them.
 */
export function answerUnknownRoutes(app: FastifyInstance): void {
  const methodsByPattern = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const methods = methodsByPattern.get(url) ?? new Set();
    for (const one of [method].flat()) methods.add(one);
    methodsByPattern.set(url, methods);
  });
  app.setNotFoundHandler(({ method, url }: FastifyRequest, reply: FastifyReply) => {
    const path = url.split('?', 1)[0] ?? '';
    for (const [pattern, methods] of methodsByPattern) {
      if (!methods.has(method) && matches(pattern, path)) {
        void reply.header('allow', [...methods].join(', '));
        throw new ApiError('method-not-allowed', `Cannot ${method} "${path}": no such method here`);
      }
    }
    throw new ApiError('route-not-found', `Cannot ${method} "${path}": no such route`);
  });
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const given = path.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((part, i) => (part.startsWith(':') ? given[i] !== '' : part === given[i]))
  );
}
