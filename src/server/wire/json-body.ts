import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from './errors.js';

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
      demandPlainEncoding(request);
      if (body === '') done(null, {});
      else {
        parse(request, body, (error, value) => {
          if (error === null) done(null, value);
          else done(isJson(body) ? forbiddenKey() : error);
        });
      }
    },
  );
  app.addHook('preValidation', (request, _reply, done) => {
    if (request.body === undefined && request.method === 'POST') request.body = {};
    done();
  });
}

/** @throws {ApiError} If the body is compressed. */
export function demandPlainEncoding({ headers }: FastifyRequest): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() === 'identity') return;
  throw new ApiError(
    'unsupported-media-type',
    `Cannot read body: its encoding is "${encoding}", not "identity"`,
  );
}

function forbiddenKey(): ApiError {
  const message = 'forbidden key "__proto__", or "constructor" with "prototype"';
  return new ApiError('invalid-request', `Cannot take body: ${message}`, {
    errors: [{ in: 'body', path: '', message }],
  });
}

/** Whether what the parser refused is JSON after all: then it is for a key that it guards. */
function isJson(body: string): boolean {
  try {
    JSON.parse(body);
    return true;
  } catch {
    return false;
  }
}
