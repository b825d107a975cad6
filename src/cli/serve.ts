import { type Command, InvalidArgumentError } from 'commander';
import type { FastifyInstance } from 'fastify';
import { type DestinationStream, type Logger, pino } from 'pino';
import {
  buildApp,
  DEFAULT_LIMITS,
  isLoopback,
  REMOTE_REQUESTS_PER_SECOND_MAX,
  type Token,
} from '../server/index.js';
import { readTokens } from './tokens.js';

/** A server that has not closed by then is stopped. */
const CLOSE_MS_MAX = 5000;

interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly logLevel: string;
  readonly allowHost: readonly string[];
  readonly allowOrigin: readonly string[];
  readonly tokenFile: string | undefined;
  readonly requestsMax: number | undefined;
  readonly vmsMax: number;
  readonly vcpusMax: number;
  readonly streamsMax: number;
  readonly vmHistoryMax: number;
  readonly historyMax: number;
  readonly bodyMax: number;
}

/** `mmulab serve`: the server, until SIGINT or SIGTERM. */
export function registerServe(program: Command): void {
  const { env } = process;
  program
    .command('serve')
    .description('serve the API and the page')
    .option('--host <address>', 'address to listen on (HOST)', env.HOST ?? '127.0.0.1')
    .option(
      '--port <number>',
      'port; 0 takes a free one (PORT)',
      portOf,
      portOf(env.PORT ?? '3000'),
    )
    .option('--log-level <level>', 'fatal, error, warn, info, debug, trace or silent', 'info')
    .option('--allow-host <name...>', 'answer to this name too, when listening on loopback', [])
    .option('--allow-origin <origin...>', 'serve pages of this origin too', [])
    .option(
      '--token-file <path>',
      'tokens to accept, "full TOKEN" or "read TOKEN" in a line (MMULAB_TOKEN_FILE)',
      env.MMULAB_TOKEN_FILE,
    )
    .option(
      '--requests-max <count>',
      `requests of one client a second (${REMOTE_REQUESTS_PER_SECOND_MAX}; on loopback no bound)`,
      countOf,
    )
    .option('--vms-max <count>', 'VMs', countOf, DEFAULT_LIMITS.vmsMax)
    .option('--vcpus-max <count>', 'vCPUs of all VMs', countOf, DEFAULT_LIMITS.vcpusMax)
    .option('--streams-max <count>', 'open streams', countOf, DEFAULT_LIMITS.streamsMax)
    .option(
      '--vm-history-max <count>',
      'commands and events kept of a VM',
      countOf,
      DEFAULT_LIMITS.vmHistoryRecordsMax,
    )
    .option(
      '--history-max <count>',
      'commands and events kept of all VMs',
      countOf,
      DEFAULT_LIMITS.historyRecordsMax,
    )
    .option('--body-max <bytes>', 'bytes of a request body', countOf, DEFAULT_LIMITS.bodyBytesMax)
    .action(serve);
}

async function serve(options: ServeOptions): Promise<void> {
  const { host, port } = options;
  let tokens: Token[];
  try {
    tokens = tokensFor(host, options.tokenFile);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
    return;
  }
  const logger = createLogger(options.logLevel);
  const app = await buildApp({
    host,
    hosts: options.allowHost,
    origins: options.allowOrigin,
    tokens,
    logger,
    limits: {
      clientRequestsPerSecondMax:
        options.requestsMax ?? (isLoopback(host) ? null : REMOTE_REQUESTS_PER_SECOND_MAX),
      vmsMax: options.vmsMax,
      vcpusMax: options.vcpusMax,
      streamsMax: options.streamsMax,
      vmHistoryRecordsMax: options.vmHistoryMax,
      historyRecordsMax: options.historyMax,
      bodyBytesMax: options.bodyMax,
    },
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void close(app, logger, signal));
  }
  try {
    await app.listen({ host, port, listenTextResolver: (address) => `Listening at ${address}` });
  } catch (err) {
    logger.fatal({ err, host, port }, 'Cannot listen');
    process.exitCode = 1;
    await app.close();
  }
}

/** @throws {Error} If there is none and others can reach the server. */
function tokensFor(host: string, file: string | undefined): Token[] {
  const { MMULAB_TOKEN: full, MMULAB_READ_TOKEN: read } = process.env;
  const tokens = readTokens({ full, read, file });
  if (tokens.length > 0 || isLoopback(host)) return tokens;
  throw new Error(
    `Cannot serve on "${host}": others can reach it, and there is no token\n` +
      'Set MMULAB_TOKEN, for example to what "openssl rand -hex 32" prints; or name a file of tokens ' +
      'with --token-file; or listen on 127.0.0.1',
  );
}

async function close(app: FastifyInstance, logger: Logger, signal: string): Promise<void> {
  logger.info({ signal }, 'Closing');
  setTimeout(() => {
    logger.warn({ signal, waitedMs: CLOSE_MS_MAX }, 'Closed before all was answered');
    process.exit(1);
  }, CLOSE_MS_MAX).unref();
  await app.close();
  logger.info({ signal }, 'Closed');
}

/** Lines are written at once: none is lost when the process ends. */
function createLogger(level: string): Logger {
  const destination: DestinationStream = pino.destination({ dest: 1, sync: true });
  return pino({ level }, destination);
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('not a port');
  return port;
}

function countOf(text: string): number {
  const count = Number(text);
  if (!/^\d{1,12}$/.test(text) || count < 1) throw new InvalidArgumentError('not a count from 1');
  return count;
}
