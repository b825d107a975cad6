import { randomUUID } from 'node:crypto';
import fastifyWebsocket from '@fastify/websocket';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import type { Logger } from 'pino';
import { serializerCompiler, validatorCompiler } from './compilers.js';
import { ApiError } from './errors.js';
import { INBOUND_BYTES_MAX } from './event-stream.js';
import { Fleet, type FleetOptions } from './fleet.js';
import { createGuard } from './guard.js';
import { parseJsonBodies } from './json-body.js';
import { DEFAULT_LIMITS, type Limits } from './limits.js';
import { answerUnknownRoutes } from './not-found.js';
import { COMMON_HEADERS, refuse, refuseClient, refuseExpectation } from './refuse.js';
import { catalogueRoutes } from './routes/catalogue.js';
import { commandRoutes } from './routes/commands.js';
import { eventRoutes } from './routes/events.js';
import { fileRoutes } from './routes/files.js';
import { healthRoutes } from './routes/health.js';
import { memoryRoutes } from './routes/memory.js';
import { shadowPageRoutes } from './routes/shadow-pages.js';
import { tlbRoutes } from './routes/tlb.js';
import { vcpuRoutes } from './routes/vcpus.js';
import { vmRoutes } from './routes/vms.js';
import { walkRoutes } from './routes/walk.js';
import { Streams } from './streams.js';
import { refuseUpgrades } from './upgrade.js';
import { VERSION } from './version.js';

export interface AppOptions {
  /** The address that the server will listen on. */
  readonly host?: string;
  /** Names beside the loopback ones by which a server on loopback may be asked. */
  readonly hosts?: readonly string[];
  /** Origins beside its own whose pages may use the server. */
  readonly origins?: readonly string[];
  readonly limits?: Partial<Limits>;
  readonly logger?: Logger | false;
  /** Names this run of the server to the clients of its streams. */
  readonly epoch?: string;
  /** For tests: the model to run instead. */
  readonly model?: NonNullable<FleetOptions['model']>;
  /** Called before the routes are set up: what describes them has to see them come. */
  readonly describer?: (app: FastifyInstance) => Promise<void>;
}

/** Wires the server together. It does not listen. */
export async function buildApp(options: AppOptions = {}): Promise<FastifyInstance> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const app = createFastify(options, limits);
  const { model } = options;
  const fleet = new Fleet({ limits, log: app.log, ...(model === undefined ? {} : { model }) });
  const streams = new Streams(fleet, options.epoch ?? randomUUID());

  answerUnknownRoutes(app);
  const isClosing = watchClosing(app);
  await app.register(fastifyWebsocket, {
    options: { maxPayload: INBOUND_BYTES_MAX, autoPong: false, perMessageDeflate: false },
    // The client broke the protocol: `ws` itself says so to it and closes.
    errorHandler: (err, _socket, request) =>
      request.log.debug({ reqId: request.id, err }, 'Stream broken'),
    preClose(done) {
      void streams.close().then(() => this.websocketServer.close(() => done()));
    },
  });
  guard(app, options, isClosing);
  refuseUpgrades(app);
  await options.describer?.(app);

  await app.register(healthRoutes, { version: VERSION });
  await app.register(catalogueRoutes, { version: VERSION, limits });
  await app.register(vmRoutes, { fleet });
  await app.register(vcpuRoutes, { fleet });
  await app.register(tlbRoutes, { fleet });
  await app.register(walkRoutes, { fleet });
  await app.register(shadowPageRoutes, { fleet });
  await app.register(memoryRoutes, { fleet });
  await app.register(commandRoutes, { fleet });
  await app.register(eventRoutes, { fleet, streams });
  await app.register(fileRoutes);
  return app;
}

function createFastify({ logger = false }: AppOptions, limits: Limits): FastifyInstance {
  const app = Fastify({
    ...(logger === false ? { logger: false } : { loggerInstance: logger }),
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: limits.requestMsMax,
    http: {
      headersTimeout: limits.requestMsMax,
      connectionsCheckingInterval: Math.min(limits.requestMsMax, 30_000),
      // Node would answer without a body.
      requireHostHeader: false,
    },
    // Fastify would answer without a problem.
    return503OnClosing: false,
    // A line for every request would cost more than the request.
    logController: new LogController({ disableRequestLogging: true }),
    // A logger of each request's own would cost a third of it; who logs names the request.
    childLoggerFactory: (parent) => parent,
    frameworkErrors: refuse,
    clientErrorHandler: refuseClient,
  }) as unknown as FastifyInstance;
  app.server.on('checkExpectation', refuseExpectation);
  app.setErrorHandler(refuse);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  parseJsonBodies(app);
  return app;
}

/** It must be set up before what takes its time to close. */
function watchClosing(app: FastifyInstance): () => boolean {
  let closing = false;
  app.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  return () => closing;
}

function guard(app: FastifyInstance, options: AppOptions, isClosing: () => boolean): void {
  const { host = '127.0.0.1', hosts, origins } = options;
  const admit = createGuard({ host, hosts: hosts ?? [], origins: origins ?? [] });
  app.addHook('onRequest', (request, reply, done) => {
    void reply.headers(COMMON_HEADERS);
    admit(request);
    if (isClosing()) {
      throw new ApiError('not-ready', 'Cannot take requests: the server is closing');
    }
    done();
  });
}
