import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { notKept } from '../durable/settled.js';
import type { Limits } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import { refusals } from '../wire/refusals.js';
import type { ValueStore } from '../wire/value-store.js';
import { type AccessedRoute, isChange } from './access.js';
import type { Answer } from './claimed-key.js';
import { type KeptAnswer, KeptAnswers } from './kept-answers.js';

/** @see draft-ietf-httpapi-idempotency-key-header, "The Idempotency-Key HTTP Header Field" */
export const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, { message: 'not 1 to 255 printable characters without spaces' })
  .describe('Name of this request: sent again, it gets the same answer and is not done twice.');

/** Headers that are kept with an answer. */
const KEPT_HEADERS = ['content-type', 'location', 'etag'];

/** Whether a route heeds `Idempotency-Key`. */
export function takesIdempotencyKey(route: AccessedRoute): boolean {
  return route.method === 'POST' && isChange(route);
}

/**
 * Does a request with an `Idempotency-Key` once: a client that sends it again, because the answer was
 * lost, gets the same answer. Must be set up before the routes, whose hooks it extends, and before
 * `If-Match`, because a kept answer is given in any state of the VM.
 */
export function answerOnce(app: FastifyInstance, limits: Limits, store?: ValueStore): void {
  const answers = new KeptAnswers(limits, store);
  const begun = new WeakMap<FastifyRequest, KeptAnswer>();

  const begin = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => {
    const given = request.headers['idempotency-key'];
    if (given === undefined) {
      done();
      return;
    }
    const key = keyOf(request, String(given));
    const digest = digestOf(`${request.method} ${request.url} ${textOf(request.body)}`);
    const fail = (error: unknown) => done(notKept(error) as Error);
    const take = (kept: KeptAnswer) => {
      begun.set(request, kept);
      done();
    };
    const proceed = () => {
      const kept = answers.find(key);
      if (kept === undefined) {
        const begun = answers.begin(key, digest);
        if (!(begun instanceof Promise)) take(begun);
        // Another server may have answered; then its answer is found.
        else begun.then((mine) => (mine === null ? proceed() : take(mine)), fail);
      } else if (kept.request !== digest) done(keyReused());
      else if (kept.answer === null) kept.waiters.push(proceed);
      else if (kept.answer.payload === null) done(answerNotKept());
      else answerAgain(reply, kept.answer, kept.answer.payload);
    };
    proceed();
  };

  const finish = (
    request: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
    done: () => void,
  ) => {
    const kept = begun.get(request);
    if (kept !== undefined) answers.finish(kept, answerOf(reply, payload));
    done();
  };

  app.addHook('onRoute', (route) => {
    if (!takesIdempotencyKey(route)) return;
    const { schema = {} } = route;
    const response = {
      ...refusals('idempotency-key-reused', 'answer-not-kept'),
      ...(schema.response as object),
    };
    route.schema = { ...schema, response };
    route.preValidation = [begin, route.preValidation ?? []].flat();
    route.onSend = [route.onSend ?? [], finish].flat();
  });
}

/** Key of a request. It includes the credentials, so that no client gets the answers of another. */
function keyOf(request: FastifyRequest, given: string): string {
  const checked = IdempotencyKey.safeParse(given);
  const message = checked.success
    ? request.body instanceof Readable &&
      'a body that is read as it comes cannot be told from another'
    : checked.error.issues[0]?.message;
  if (message) {
    throw new ApiError('invalid-request', `Cannot take header "Idempotency-Key": ${message}`, {
      errors: [{ in: 'header', path: '/idempotency-key', message }],
    });
  }
  return digestOf(`${request.headers.authorization ?? ''} ${given}`);
}

/** @throws {ApiError} If the body is nested too deep to be written; no route accepts such a one. */
function textOf(body: unknown): string {
  try {
    return JSON.stringify(body);
  } catch {
    throw new ApiError('invalid-request', 'Cannot take body: it is nested too deep', {
      errors: [{ in: 'body', path: '', message: 'nested too deep' }],
    });
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

/** The answer to keep of a request that may have changed something; null if it changed nothing. */
function answerOf(reply: FastifyReply, payload: unknown): Answer | null {
  const text = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : '';
  if (reply.statusCode >= 400 && !mayHaveChanged(reply.statusCode, String(text))) return null;
  const headers = KEPT_HEADERS.flatMap((name) => {
    const value = reply.getHeader(name);
    return value === undefined ? [] : [[name, String(value)]];
  });
  return { status: reply.statusCode, headers: Object.fromEntries(headers), payload: text };
}

/** Whether a refused request may have changed something: a part of a batch, or before a bug. */
function mayHaveChanged(status: number, problem: string): boolean {
  return status === 500 || ((JSON.parse(problem) as { applied?: number }).applied ?? 0) > 0;
}

function keyReused(): ApiError {
  return new ApiError(
    'idempotency-key-reused',
    'Cannot take header "Idempotency-Key": it named another request; use a new key',
  );
}

function answerNotKept(): ApiError {
  return new ApiError(
    'answer-not-kept',
    'Cannot give the answer again: it is not kept, and the request may be done; read the VM',
  );
}

function answerAgain(reply: FastifyReply, answer: Answer, payload: string | Buffer): void {
  void reply.code(answer.status).headers(answer.headers).header('idempotency-replayed', 'true');
  void reply.send(payload);
}
