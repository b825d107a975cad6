import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Limits } from '../wire/bounds.js';
import { bytesOf } from './upload.js';

/** Requests whose client waits for a sign before it sends the body. */
const waiting = new WeakSet<IncomingMessage>();

/**
 * Tells a client that expects `100 Continue` to send its body once nothing is left to refuse: it need
 * not send one that is too long, or for which it lacks a token.
 *
 * @see RFC 9110, "Expect"
 */
export function continueLate(app: FastifyInstance, { traceBytes }: Limits): void {
  app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    waiting.add(request);
    app.server.emit('request', request, response);
  });
  app.addHook('preParsing', (request, reply, payload, done) => {
    const bytes = Number(request.headers['content-length'] ?? 0);
    const { routeOptions } = request;
    const bytesMax = bytesOf(routeOptions).bytes === true ? traceBytes : routeOptions.bodyLimit;
    if (waiting.has(request.raw) && bytes <= bytesMax) {
      waiting.delete(request.raw);
      reply.raw.writeContinue();
    }
    done(null, payload);
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    // The client may send the body after all, or not: the next request could not be told from it.
    if (waiting.has(request.raw)) {
      void reply.removeHeader('keep-alive').header('connection', 'close');
    }
    done(null, payload);
  });
}
