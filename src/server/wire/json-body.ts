import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ApiError } from './errors.js';
import { readAhead } from './read-ahead.js';
import { repeatedKeyIn } from './repeated-key.js';

/** Characters of a body from which on others are served between the parts of the work on it. */
export const LONG_BODY = 64 * 1024;

/**
 * Accepts JSON bodies and no others, and no object with a key twice. A missing or empty body counts as `{}`, so that a command
 * without fields needs none; the check of a required field still reports that it is missing.
 *
 * @param serving Serves others. A long body is parsed, looked over, checked and carried out in turns of
 *   their own, because each of these takes a good part of what others may be held up.
 */
export function parseJsonBodies(app: FastifyInstance, { pause, finish }: Serving): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  const long = new WeakSet<FastifyRequest>();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>(
    'application/json',
    { parseAs: 'string' },
    (request, body, done) => {
      demandPlainEncoding(request);
      if (body === '') return done(null, {});
      parse(request, body, (error, value) => {
        if (error !== null) return done(isJson(body) ? forbiddenKey() : error);
        if (body.length < LONG_BODY) return done(repeatedKey(body, value), value);
        long.add(request);
        return void pause().then(() => done(repeatedKey(body, value), value));
      });
    },
  );
  app.addHook('preValidation', (request, _reply, done) => {
    if (request.body === undefined && request.method === 'POST') request.body = {};
    const schema = request.routeOptions.schema?.body;
    if (!long.has(request)) done();
    else if (schema instanceof z.ZodType) {
      pause()
        .then(() => finish(readAhead(schema, request.body)))
        .then(pause)
        .then(() => done(), done);
    } else void pause().then(() => done());
  });
  app.addHook('preHandler', (request, _reply, done) => {
    if (long.has(request)) void pause().then(() => done());
    else done();
  });
}

/** Ways of serving others while a long body is taken. */
export interface Serving {
  /** Resolves in the next turn that is free. */
  readonly pause: () => Promise<void>;
  /** Does work piece by piece. */
  readonly finish: (pieces: Generator<void>) => Promise<void>;
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
