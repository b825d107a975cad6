import type { FastifyInstance } from 'fastify';
import type { Limits } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import { accessOf } from './access.js';
import { createAuthentication } from './auth.js';
import type { Drain } from './drain.js';
import { createGuard } from './guard.js';
import { type Load, watchLoad } from './load.js';
import { COMMON_HEADERS } from './refuse.js';
import type { Token } from './token.js';

/** Methods and response headers that pages of other origins may use beside the usual ones. */
const CORS_METHODS = ['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE'];
const CORS_EXPOSED = [
  'etag',
  'location',
  'retry-after',
  'mmulab-version',
  'x-request-id',
  'idempotency-replayed',
];

/** Seconds that a browser may cache these permissions: two hours, the most that any honours. */
const CORS_SECONDS = 7200;

/** Clients whose requests are counted at the same time; the least recent ones are forgotten. */
const CLIENTS_COUNTED_MAX = 10_000;

/** Seconds after which the load has been measured again. */
const RETRY_AFTER_SECONDS = 1;

/**
 * Seconds for which a client may count on an idle connection, and milliseconds after which the server
 * closes it. A client that sends just before its time is up must not meet a server that has closed
 * just then: that resets the connection.
 */
const IDLE_SECONDS_TOLD = 60;
export const IDLE_MS = 75_000;

const HEADERS = { ...COMMON_HEADERS, 'keep-alive': `timeout=${IDLE_SECONDS_TOLD}` };

export interface EdgeOptions {
  /** The address that the server listens on. */
  readonly host: string;
  /** Names beside the loopback ones by which a server on loopback may be asked. */
  readonly hosts: readonly string[];
  /** Origins beside its own whose pages may use the server. */
  readonly origins: readonly string[];
  /** Tokens that requests must carry one of; without any, none is needed. */
  readonly tokens: readonly Token[];
  readonly limits: Limits;
  readonly drain: Drain;
}

/**
 * Refuses requests before any route sees them, the cheapest check first: a foreign host or origin, a
 * draining server, a client over its rate, a server over its load, a missing token.
 *
 * Must be set up before the routes, and after the WebSocket plugin, which recognises upgrades.
 */
export async function guardEdge(app: FastifyInstance, options: EdgeOptions): Promise<void> {
  const { origins, tokens, limits, drain } = options;
  const admit = createGuard(options);
  app.addHook('onRequest', (request, reply, done) => {
    void reply.headers(HEADERS);
    admit(request);
    drain.admit(request, reply);
    done();
  });
  if (origins.length > 0) await shareWith(app, origins);
  if (limits.clientRequestsPerSecond !== null) {
    await boundRates(app, limits.clientRequestsPerSecond);
  }
  boundLoad(app, limits);
  if (tokens.length > 0) {
    const authenticate = createAuthentication(tokens);
    app.addHook('onRequest', (request, reply, done) => {
      authenticate(request, reply);
      done();
    });
  }
}

/** Allows other origins. Few servers do, so the plugin is loaded only for them. */
async function shareWith(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  const { default: fastifyCors } = await import('@fastify/cors');
  await app.register(fastifyCors, {
    origin: [...origins],
    methods: CORS_METHODS,
    exposedHeaders: CORS_EXPOSED,
    maxAge: CORS_SECONDS,
  });
}

/** Bounds the rate of each client. Unknown routes count too, or tokens could be guessed there. */
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

/** Refuses requests while the server is busy. */
function boundLoad(app: FastifyInstance, limits: Limits): void {
  const load = watchLoad(app);
  app.addHook('onRequest', (request, reply, done) => {
    const isLate = isBehind(load, limits);
    if (isLate || load.heapBytes > limits.heapBytes) {
      // Deleting something frees memory.
      const givesRoom = request.method === 'DELETE' && !isLate;
      if (!givesRoom && accessOf(request.routeOptions).underAnyLoad !== true) {
        void reply.header('retry-after', RETRY_AFTER_SECONDS);
        throw new ApiError('overloaded', `Cannot take requests: ${whyRefused(load, limits)}`);
      }
    }
    done();
  });
}

/** A bound of 0 is none. */
function isBehind({ lagMs }: Load, { eventLoopDelayMs }: Limits): boolean {
  return eventLoopDelayMs > 0 && lagMs > eventLoopDelayMs;
}

function whyRefused(load: Load, limits: Limits): string {
  const { lagMs, heapBytes } = load;
  if (!isBehind(load, limits)) {
    return `${heapBytes} bytes of heap are used, and ${limits.heapBytes} is the bound`;
  }
  return `the server is ${Math.round(lagMs)} ms behind, and ${limits.eventLoopDelayMs} ms is the bound`;
}
