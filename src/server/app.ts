import fastifyWebsocket from '@fastify/websocket';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import type { Logger } from 'pino';
import type { Journal } from '../journal/log/index.js';
import type { DefectName } from '../mmu/index.js';
import type { TakeTurn } from './batches/command-stream.js';
import { CommandStreams } from './batches/command-streams.js';
import { openKeeper } from './durable/open-keeper.js';
import { deleteOld } from './fleet/delete-old.js';
import type { FleetOptions } from './fleet/fleet-options.js';
import { finishInTurns, Turns } from './fleet/turns.js';
import { createHost } from './host/host.js';
import { chooseProtocol } from './http/auth.js';
import { compressAnswers } from './http/compression.js';
import { Drain } from './http/drain.js';
import { guardEdge, IDLE_MS } from './http/edge.js';
import { matchStates } from './http/etag.js';
import { continueLate } from './http/expect.js';
import { hideDefect } from './http/hide-defect.js';
import { answerOnce } from './http/idempotency.js';
import { writeInTurns } from './http/long-answers.js';
import { MetricsOnDemand } from './http/metrics-on-demand.js';
import { answerUnknownRoutes } from './http/not-found.js';
import { problemFor, refuse, refuseClient, refuseExpectation } from './http/refuse.js';
import { createRequestIds } from './http/request-id.js';
import { RequestTally } from './http/request-tally.js';
import { settleAnswers } from './http/settle.js';
import { refuseUnknownQueries } from './http/strict-query.js';
import type { Telemetry } from './http/telemetry.js';
import type { Token } from './http/token.js';
import { refuseUpgrades } from './http/upgrade.js';
import { ZSTD } from './http/zstd.js';
import { ROUTES } from './routes/index.js';
import type { ShardRunner } from './shards/shard-runner.js';
import { INBOUND_BYTES_MAX } from './streams/socket-sink.js';
import { DEFAULT_LIMITS, type Limits } from './wire/bounds.js';
import { serializerCompiler, validatorCompiler } from './wire/compilers.js';
import { createEpoch, type IdMaker } from './wire/ids.js';
import { parseJsonBodies } from './wire/json-body.js';
import { VERSION } from './wire/version.js';

export interface AppOptions {
  /** The address that the server will listen on. */
  readonly host?: string;
  /** Host names that a server on loopback accepts beside the loopback ones. */
  readonly hosts?: readonly string[];
  /** Origins of pages that may use the server, beside its own. */
  readonly origins?: readonly string[];
  /** Tokens of clients. Without any, everyone who reaches the server may do everything. */
  readonly tokens?: readonly Token[];
  readonly limits?: Partial<Limits>;
  readonly logger?: Logger | false;
  /** Names this run of the server: in streams, in entity tags and in ids. */
  readonly epoch?: string;
  /** Other ids, for tests. */
  readonly ids?: IdMaker | undefined;
  /** Keeps VMs beyond the process. It is closed with the app. Without one nothing is kept. */
  readonly journal?: Journal | null;
  /** Another division of long work, for tests. */
  readonly turns?: Turns;
  /** Another model, for tests; or the same one, watched. */
  readonly model?: NonNullable<FleetOptions['model']>;
  /** A mistake that every new VM has beside its own, and that its description does not tell. */
  readonly defect?: DefectName | null;
  /** Runs shards of jobs, and is closed with the app. Without it they run between requests. */
  readonly shards?: ShardRunner;
  /** Takes traces and metrics away. Without it none are made but those of `/metrics`. */
  readonly telemetry?: Telemetry | null;
  /** Called if requests were cut off when the app closed, with their number. */
  readonly onCut?: (requests: number) => void;
  /** Called before the routes are set up, so that a plugin can describe them. */
  readonly describer?: (app: FastifyInstance) => Promise<void>;
}

/** Wires the server together. It does not listen. */
export async function buildApp(options: AppOptions = {}): Promise<FastifyInstance> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const { epoch = createEpoch(), ids, turns = new Turns(), model, journal = null } = options;
  const { defect = null } = options;
  const app = createFastify(options, limits, turns);
  const kept = journal && (await openKeeper(journal, { log: app.log, epoch: options.epoch }));
  const { shards } = options;
  const parts = { limits, log: app.log, epoch, ids, turns, model, kept, zstd: ZSTD, shards };
  const host = createHost({ ...parts, defect });
  const { fleet, streams, jobs } = host;

  await options.telemetry?.trace(app);
  answerUnknownRoutes(app);
  continueLate(app, limits);
  const drain = new Drain(limits, (requests) => {
    app.log.warn({ requests }, 'Cut off before all was answered');
    options.onCut?.(requests);
  });
  drain.watch(app);
  await app.register(fastifyWebsocket, {
    options: {
      maxPayload: INBOUND_BYTES_MAX,
      autoPong: false,
      perMessageDeflate: false,
      handleProtocols: chooseProtocol,
    },
    // The client broke the protocol: `ws` itself tells it and closes.
    errorHandler: (err, _socket, request) =>
      request.log.debug({ reqId: request.id, err }, 'Stream broken'),
    preClose(done) {
      void streams.close().then(() => this.websocketServer.close(() => done()));
    },
  });
  const { host: address = '127.0.0.1', hosts = [], origins = [], tokens = [] } = options;
  await guardEdge(app, { host: address, hosts, origins, tokens, limits, drain });
  refuseUpgrades(app);
  refuseUnknownQueries(app);
  const requests = new RequestTally(app);
  answerOnce(app, limits, kept?.answers);
  matchStates(app, host);
  writeInTurns(app, turns);
  await compressAnswers(app);
  settleAnswers(app, host);
  if (defect !== null) hideDefect(app, defect);
  const takeTurn: TakeTurn = (vm, work) => host.keeper?.takeTurn(vm, work) ?? work();
  const commandStreams = new CommandStreams({ fleet, takeTurn, problemFor });
  app.addHook('preClose', async () => {
    commandStreams.close();
    host.waits.close();
    jobs.close();
    await drain.finish();
  });
  const stopResting = fleet.sleeping.restIdle(limits.idleMs);
  const stopForgetting = deleteOld(fleet, app.log, host.keeper?.clock ?? null);
  app.addHook('onClose', async () => {
    stopResting();
    stopForgetting();
    fleet.close();
    await host.keeper?.close();
    await shards?.close();
  });
  await options.describer?.(app);

  const metrics = new MetricsOnDemand({ ...host, requests, version: VERSION });
  options.telemetry?.measure(metrics);
  app.addHook('onClose', () => metrics.close());
  const routeOptions = { host, metrics, streams: commandStreams };
  for (const routes of ROUTES) await app.register(routes, routeOptions);
  return app;
}

function createFastify(
  { logger = false }: AppOptions,
  limits: Limits,
  turns: Turns,
): FastifyInstance {
  const app = Fastify({
    ...(logger === false ? { logger: false } : { loggerInstance: logger }),
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: IDLE_MS,
    http: {
      headersTimeout: limits.requestMs,
      connectionsCheckingInterval: Math.min(limits.requestMs, 30_000),
      // Else Node would answer without a body.
      requireHostHeader: false,
    },
    // Else Fastify would load compilers of its own, before it is given ours.
    schemaController: { compilersFactory: { buildValidator: unasked, buildSerializer: unasked } },
    // Else Fastify would answer without a problem.
    return503OnClosing: false,
    // Else Fastify would not wait for more than ten seconds until all is answered.
    pluginTimeout: 0,
    // A line for every request would cost more than the request.
    logController: new LogController({ disableRequestLogging: true }),
    // A logger for each request would cost a third of it; log lines name the request instead.
    childLoggerFactory: (parent) => parent,
    genReqId: createRequestIds(),
    frameworkErrors: refuse,
    clientErrorHandler: refuseClient,
  }) as unknown as FastifyInstance;
  app.server.on('checkExpectation', refuseExpectation);
  app.setErrorHandler(refuse);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  parseJsonBodies(app, {
    pause: () => turns.next(),
    finish: (pieces) => finishInTurns(turns, pieces),
  });
  return app;
}

/** Stands where Fastify would ask for compilers if it were given none. */
function unasked(): never {
  throw new Error('Cannot compile a schema: no compiler is set');
}
