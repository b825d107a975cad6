import type { Socket } from 'node:net';
import fastifyUnderPressure, {
  TYPE_EVENT_LOOP_DELAY,
  TYPE_HEAP_USED_BYTES,
} from '@fastify/under-pressure';
import type { FastifyInstance } from 'fastify';
import { ApiError } from '../wire/errors.js';
import { CLIENTS_COUNTED_MAX, type Limits } from '../wire/limits.js';
import { accessOf } from './access.js';
import { createAuthentication, type Token } from './auth.js';
import { createGuard } from './guard.js';
import { COMMON_HEADERS } from './refuse.js';

/** What a page of another origin may send and see, beyond what every page may. */
const CORS_METHODS = ['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE'];
const CORS_EXPOSED = [
  'etag',
  'location',
  'retry-after',
  'mmulab-version',
  'x-request-id',
  'idempotency-replayed',
];

/** How long a browser may remember what it may send: two hours, the most that any does. */
const CORS_SECONDS = 7200;

/** By then the load was measured anew. */
const RETRY_AFTER_SECONDS = 1;

export interface EdgeOptions {
  /** The address that the server listens on. */
  readonly host: string;
  /** Names beside the loopback ones by which a server on loopback may be asked. */
  readonly hosts: readonly string[];
  /** Origins beside its own whose pages may use the server. */
  readonly origins: readonly string[];
  /** Whoever has none of these is turned away; without any, nobody is. */
  readonly tokens: readonly Token[];
  readonly limits: Limits;
  readonly isClosing: () => boolean;
}

/**
 * Turns away what no route should see, the cheapest check first: a foreign host or origin, a server
 * that closes, a client over its rate, a server over its load, a missing token.
 *
 * It must be set up before the routes, and behind the WebSocket plugin, which tells upgrades apart.
 */
export async function guardEdge(app: FastifyInstance, options: EdgeOptions): Promise<void> {
  const { origins, tokens, limits, isClosing } = options;
  const admit = createGuard(options);
  app.addHook('onRequest', (request, reply, done) => {
    void reply.headers(COMMON_HEADERS);
    admit(request);
    if (isClosing()) {
      throw new ApiError('not-ready', 'Cannot take requests: the server is closing');
    }
    done();
  });
  if (origins.length > 0) await shareWith(app, origins);
  if (limits.clientRequestsPerSecondMax !== null) {
    await boundRates(app, limits.clientRequestsPerSecondMax);
  }
  await boundLoad(app, limits);
  if (tokens.length > 0) {
    const authenticate = createAuthentication(tokens);
    app.addHook('onRequest', (request, reply, done) => {
      authenticate(request, reply);
      done();
    });
  }
}

/**
 * Whether the server closes. It must be set up before what takes its time to close.
 *
 * What is in flight by then is answered. Its connection is closed after that, or the server would
 * wait for the client to do so. So it would for a connection on which nothing ever came: browsers and
 * `fetch` open some in advance.
 */
export function watchClosing(app: FastifyInstance): () => boolean {
  let closing = false;
  const connections = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  app.addHook('onResponse', (request, _reply, done) => {
    if (closing) request.raw.socket.end();
    done();
  });
  app.addHook('preClose', (done) => {
    closing = true;
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
    done();
  });
  return () => closing;
}

/** Most servers share with nobody: what it takes is loaded only for those that do. */
async function shareWith(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  const { default: fastifyCors } = await import('@fastify/cors');
  await app.register(fastifyCors, {
    origin: [...origins],
    methods: CORS_METHODS,
    exposedHeaders: CORS_EXPOSED,
    maxAge: CORS_SECONDS,
  });
}

/** Counts what has no route as well: a token must not be guessed there at leisure. */
async function boundRates(app: FastifyInstance, max: number): Promise<void> {
  const { default: fastifyRateLimit } = await import('@fastify/rate-limit');
  await app.register(fastifyRateLimit, {
    global: false,
    max,
    timeWindow: 1000,
    cache: CLIENTS_COUNTED_MAX,
    errorResponseBuilder: ({ ip }) =>
      new ApiError(
        'rate-limited',
        `Cannot take more requests from ${ip} this second: ${max} is the bound; batches take fewer`,
      ),
  });
  app.addHook('onRequest', app.rateLimit());
}

async function boundLoad(app: FastifyInstance, limits: Limits): Promise<void> {
  const { eventLoopDelayMsMax, heapBytesMax } = limits;
  await app.register(fastifyUnderPressure, {
    maxEventLoopDelay: eventLoopDelayMsMax,
    maxHeapUsedBytes: heapBytesMax,
    pressureHandler(request, reply, type, value) {
      // What is deleted gives room.
      const givesRoom = request.method === 'DELETE' && type === TYPE_HEAP_USED_BYTES;
      if (givesRoom || accessOf(request.routeOptions).underAnyLoad === true) return;
      void reply.header('retry-after', RETRY_AFTER_SECONDS);
      throw new ApiError('overloaded', `Cannot take requests: ${loadOf(type, value ?? 0, limits)}`);
    },
  });
}

function loadOf(type: string, value: number, limits: Limits): string {
  switch (type) {
    case TYPE_EVENT_LOOP_DELAY: {
      // The delay is not known while the timer that measures it has not come to its turn.
      const delay = Number.isFinite(value) ? `${Math.round(value)} ms` : 'nobody knows how far';
      return `the server is ${delay} behind, and ${limits.eventLoopDelayMsMax} ms is the bound`;
    }
    case TYPE_HEAP_USED_BYTES:
      return `${Math.round(value)} bytes of heap are used, and ${limits.heapBytesMax} is the bound`;
    default:
      return 'too much is asked of the server';
  }
}
