import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ApiError } from './errors.js';
import { parseInPieces } from './json-pieces.js';
import { readAhead } from './read-ahead.js';
import { NO_MATCH } from './reader.js';
import { repeatedKeyIn } from './repeated-key.js';

/** Characters of a body from which on others are served between the parts of the work on it. */
const LONG_BODY = 64 * 1024;

/** Characters of a body from which on it is parsed in pieces, which takes twice the time. */
const VAST_BODY = 1024 * 1024;

/**
 * Accepts JSON bodies and no others, and no object with a key twice. A missing or empty body counts as `{}`, so that a command
 * without fields needs none; the check of a required field still reports that it is missing.
 *
 * @param serving Serves others. A vast body is parsed in pieces, and a long one read in pieces, and checked
 *   and carried out in turns of their own.
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
      const atOnce = () =>
        parse(request, body, (error, value) => {
          if (error === null) done(repeatedKey(body, value), value);
          else done(isJson(body) ? forbiddenKey() : error);
        });
      if (body.length >= LONG_BODY) long.add(request);
      if (body.length < VAST_BODY) return atOnce();
      finish(parseInPieces(body)).then((value) => {
        if (value === NO_MATCH) atOnce();
        else done(null, value);
      }, done);
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
  readonly finish: <T>(pieces: Generator<void, T>) => Promise<T>;
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
