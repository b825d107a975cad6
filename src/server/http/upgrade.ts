import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from '../wire/errors.js';
import { answerOn } from './refuse.js';

/**
 * Answers a failed upgrade as a problem: to another protocol, at a route without a stream, or with a
 * broken handshake. Must be set up before the routes, which it records, and after the WebSocket
 * plugin, which recognises upgrades.
 */
export function refuseUpgrades(app: FastifyInstance): void {
  const streams = new Set<string>();
  app.addHook('onRoute', ({ url, wsHandler }) => {
    if (wsHandler !== undefined) streams.add(url);
  });
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.ws) admitUpgrade(request, streams);
    done();
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    // The connection ends with the answer. Nobody may send another request over it, and bytes that
    // were not read would have it reset.
    if (request.ws) {
      void reply.removeHeader('keep-alive').header('connection', 'close');
      request.raw.socket.resume();
    }
    done(null, payload);
  });
  // `ws` alone checks key, version and subprotocol.
  app.websocketServer.on('wsClientError', (error, socket) => {
    const refusal = new ApiError('upgrade-refused', `Cannot open stream: ${error.message}`);
    answerOn(socket, refusal, { 'Sec-WebSocket-Version': '13' });
  });
}

/** Refuses a wrong upgrade. Unknown paths pass, because the handler of unknown routes answers them. */
function admitUpgrade(request: FastifyRequest, streams: ReadonlySet<string>): void {
  const { method, url, headers, is404, routeOptions } = request;
  if (headers.upgrade?.toLowerCase() !== 'websocket') {
    throw new ApiError('upgrade-refused', `Cannot upgrade to "${headers.upgrade}": no WebSocket`);
  }
  if (is404 || (method === 'GET' && streams.has(routeOptions.url ?? ''))) return;
  const [path] = url.split('?', 1);
  throw new ApiError('stream-not-found', `Cannot open stream: ${method} "${path}" has none`);
}
