import type { Command } from 'commander';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { buildApp, DEFAULT_LIMITS, isLoopback, type Limits, type Token } from '../server/index.js';
import { type Configured, configure, describeConfigured } from './config/configure.js';
import { strangersIn } from './config/names.js';
import { addSettings } from './config/options.js';
import { ignoredIn } from './config/sources.js';
import { EXIT } from './exit-codes.js';
import { listenFailure } from './listen-failure.js';
import { createLog } from './log.js';
import { openJournal } from './open-journal.js';
import { openShards } from './open-shards.js';
import { type OpenTelemetry, openTelemetry } from './telemetry/open-telemetry.js';
import type { Terminal } from './terminal.js';
import { readTokens } from './tokens.js';
import { WrongUse } from './wrong-use.js';

/** Milliseconds after a drain in which all has to be closed; a server that has not is stopped. */
const CLOSE_MS_MAX = 5000;

interface ServeOptions extends Readonly<Record<string, unknown>> {
  readonly printConfig?: true;
}

/** `mmulab serve`: the server, until SIGINT or SIGTERM. */
export function registerServe(program: Command, terminal: Terminal): void {
  const command = program
    .command('serve')
    .description('serve the API and the page')
    .option(
      '--print-config',
      'print the settings in force, and where each came from; serve nothing',
    );
  addSettings(command).action((options: ServeOptions) => serve(options, terminal));
}

async function serve(options: ServeOptions, terminal: Terminal): Promise<void> {
  const configured = await configure(options, 'Cannot serve', terminal);
  if (options.printConfig === true) {
    terminal.stdout.write(describeConfigured(configured));
    return;
  }
  const { values } = configured;
  const tokens = await tokensFor(configured, terminal);
  const logger = createLog(levelAskedFor(configured), terminal);
  tellIgnored(terminal.env, logger);
  const telemetry = await telemetryFor(configured, logger);
  let tell: (by: string) => void = () => {};
  const taken = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const journal = await openJournal(configured, tell);
  const app = await buildApp({
    journal,
    telemetry,
    host: values.host,
    hosts: values.allowHost.map((name) => name.toLowerCase()),
    origins: values.allowOrigin,
    tokens,
    logger,
    limits: limitsOf(configured),
    shards: await openShards(configured, logger),
    onCut() {
      terminal.exitCode = EXIT.objected;
    },
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(
      signal,
      () => void close(app, { logger, signal, drainMs: values.drainMs, telemetry }),
    );
  }
  void taken.then(async (by) => {
    logger.error({ by }, 'Journal taken by another process: closing');
    terminal.exitCode = EXIT.objected;
    await app.close();
    await telemetry?.close();
  });
  const { host, port } = values;
  try {
    await app.listen({ host, port, listenTextResolver: (url) => `Listening at ${url}` });
  } catch (error) {
    await app.close();
    throw listenFailure({ host, port }, error);
  }
}

/** Null if nobody has asked for any. */
async function telemetryFor({ values }: Configured, logger: Logger): Promise<OpenTelemetry | null> {
  const { otlpEndpoint: endpoint, otlpMs: everyMs } = values;
  if (endpoint === undefined) return null;
  return await openTelemetry({ endpoint, everyMs, logger });
}

/** Undefined if nobody has asked for a level. */
function levelAskedFor({ values, origins }: Configured) {
  return origins.logLevel === null ? undefined : values.logLevel;
}

/**
 * Warns of variables that look as if they configured something. They are no reason not to serve: who
 * runs a service of this name may set some for all that run beside it.
 */
function tellIgnored(env: Terminal['env'], logger: Logger): void {
  const host = ignoredIn(env);
  if (host !== null && !env.MMULAB_HOST) logger.warn({ HOST: env[host] }, HOST_IGNORED);
  for (const variable of strangersIn(env)) {
    logger.warn({ variable }, 'Variable ignored: no setting has that name');
  }
}

const HOST_IGNORED =
  'HOST ignored: it is no IP address; MMULAB_HOST or --host may name what to listen on';

function limitsOf({ values }: Configured): Limits {
  const names = Object.keys(DEFAULT_LIMITS) as (keyof Limits)[];
  return Object.fromEntries(names.map((name) => [name, values[name]])) as Limits;
}

/** @throws {WrongUse} If there is none and others can reach the server. */
async function tokensFor({ values }: Configured, terminal: Terminal): Promise<Token[]> {
  const { token: full, readToken: read, tokenFile: file, host } = values;
  const tokens = await readTokens({ full, read, file }, terminal);
  if (tokens.length > 0 || isLoopback(host)) return tokens;
  throw new WrongUse(
    `Cannot serve on "${host}": others can reach it, and there is no token\n` +
      'Set MMULAB_TOKEN, for example to what "openssl rand -hex 32" prints; or name a file of what ' +
      '"mmulab token" prints with --token-file; or listen on 127.0.0.1',
  );
}

interface Closing {
  readonly logger: Logger;
  readonly signal: string;
  readonly drainMs: number;
  readonly telemetry: OpenTelemetry | null;
}

/** Drains the server and ends. A second signal ends the process at once. */
async function close(app: FastifyInstance, closing: Closing): Promise<void> {
  const { logger, signal, drainMs, telemetry } = closing;
  logger.info({ signal, drainMs }, 'Draining');
  const waitedMs = drainMs + CLOSE_MS_MAX;
  setTimeout(() => {
    logger.warn({ signal, waitedMs }, 'Cannot close: stopped');
    process.exit(EXIT.objected);
  }, waitedMs).unref();
  await app.close();
  await telemetry?.close();
  logger.info({ signal }, 'Closed');
}
