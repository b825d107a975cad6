import type { FastifyInstance } from 'fastify';

/**
 * Takes JSON and nothing else. A body that is missing or empty counts as `{}`, so that a command
 * without fields can be sent without a body; where a field is missing, its check says so.
 */
export function parseJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>(
    'application/json',
    { parseAs: 'string' },
    (request, body, done) => {
      if (body === '') done(null, {});
      else parse(request, body, done);
    },
  );
  app.addHook('preValidation', (request, _reply, done) => {
    if (request.body === undefined && request.method === 'POST') request.body = {};
    done();
  });
}
