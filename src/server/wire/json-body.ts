import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from './errors.js';
import { repeatedKeyIn } from './repeated-key.js';

/**
 * Accepts JSON bodies and no others, and no object with a key twice. A missing or empty body counts as `{}`, so that a command
 * without fields needs none; the check of a required field still reports that it is missing.
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
          if (error !== null) done(isJson(body) ? forbiddenKey() : error);
          else done(repeatedKey(body, value), value);
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

function repeatedKey(body: string, value: unknown): ApiError | null {
  const path = repeatedKeyIn(body, value);
  if (path === null) return null;
  const message = 'given twice; give it once';
  return new ApiError('invalid-request', `Cannot take body at ${path}: ${message}`, {
    errors: [{ in: 'body', path, message }],
  });
}

function forbiddenKey(): ApiError {
  const message = 'forbidden key "__proto__", or "constructor" with "prototype"';
  return new ApiError('invalid-request', `Cannot take body: ${message}`, {
    errors: [{ in: 'body', path: '', message }],
  });
}

/** Whether a refused body is JSON after all: then the parser refused one of its keys. */
function isJson(body: string): boolean {
  try {
    JSON.parse(body);
    return true;
  } catch {
    return false;
  }
}
