import type { Command } from 'commander';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import {
  BOUNDS,
  buildApp,
  DEFAULT_LIMITS,
  isLoopback,
  type Limits,
  REMOTE_REQUESTS_PER_SECOND_MAX,
  type Token,
} from '../server/index.js';
import { addressFor, listenFailure, portOf } from './address.js';
import { EXIT } from './exit-codes.js';
import { DATA_FOLDER, type JournalOptions, openJournal } from './journal-folder.js';
import { createLog, LOG_LEVELS, type LogLevel } from './log.js';
import { SHARD_WORKER } from './shard-threads.js';
import type { Terminal } from './terminal.js';
import { readTokens } from './tokens.js';
import { WrongUse } from './wrong-use.js';

/** A server that has not closed by then is stopped. */
const CLOSE_MS_MAX = 5000;

/** The bounds that an option moves, by the option's name among the parsed ones. */
const BOUND_OPTIONS = {
  vmsMax: { flags: '--vms-max <count>', bound: 'vms' },
  vcpusMax: { flags: '--vcpus-max <count>', bound: 'vcpus' },
  streamsMax: { flags: '--streams-max <count>', bound: 'streams' },
  vmHistoryMax: { flags: '--vm-history-max <count>', bound: 'historyRecordsPerVm' },
  historyMax: { flags: '--history-max <count>', bound: 'historyRecords' },
  bodyMax: { flags: '--body-max <bytes>', bound: 'bodyBytes' },
  dataMax: { flags: '--data-max <bytes>', bound: 'journalBytes' },
  shardThreads: { flags: '--shard-threads <count>', bound: 'shardThreads' },
} as const;

type BoundOption = keyof typeof BOUND_OPTIONS;

interface ServeOptions extends Readonly<Record<BoundOption, number>>, JournalOptions {
  readonly host?: string;
  readonly port?: number;
  readonly logLevel?: LogLevel;
  readonly allowHost: readonly string[];
  readonly allowOrigin: readonly string[];
  readonly tokenFile?: string;
  readonly requestsMax?: number;
}

/** `mmulab serve`: the server, until SIGINT or SIGTERM. */
export function registerServe(program: Command, terminal: Terminal): void {
  const command = program
    .command('serve')
    .description('serve the API and the page')
    .option('--host <address>', 'address to listen on (MMULAB_HOST, HOST, 127.0.0.1)')
    .option('--port <number>', 'port; 0 takes a free one (MMULAB_PORT, PORT, 3000)', (text) =>
      portOf('--port', text),
    )
    .option('--data <folder>', `folder that VMs are kept in (MMULAB_DATA, ${DATA_FOLDER})`)
    .option('--ephemeral', 'keep nothing: all VMs end with the server')
    .option('--log-level <level>', `log as JSON from there on: ${LOG_LEVELS.join(', ')}`, levelOf)
    .option(
      '--allow-host <name...>',
      'answer to this name too, when listening on loopback',
      nameIn,
      [],
    )
    .option('--allow-origin <origin...>', 'serve pages of this origin too', originIn, [])
    .option(
      '--token-file <path>',
      'tokens to accept, as lines of "mmulab token" (MMULAB_TOKEN_FILE); - is standard input',
    )
    .option(
      '--requests-max <count>',
      `requests of one client a second (${REMOTE_REQUESTS_PER_SECOND_MAX}; on loopback no bound)`,
      (text) => countOf('--requests-max', text),
    );
  for (const { flags, bound } of Object.values(BOUND_OPTIONS)) {
    const [name = ''] = flags.split(' ');
    const parse = (text: string) => countOf(name, text);
    command.option(flags, phraseOf(BOUNDS[bound].meaning), parse, DEFAULT_LIMITS[bound]);
  }
  command.action((options: ServeOptions) => serve(options, terminal));
}

/** A sentence as the help of an option: `VMs`, `commands and events kept for one VM`. */
function phraseOf(sentence: string): string {
  const phrase = sentence.replace(/\.$/, '');
  return /^[A-Z][a-z]/.test(phrase)
    ? `${phrase.charAt(0).toLowerCase()}${phrase.slice(1)}`
    : phrase;
}

async function serve(options: ServeOptions, terminal: Terminal): Promise<void> {
  const address = addressFor(options, terminal.env);
  const { host, port, ignoredHost } = address;
  const tokens = await tokensFor(host, options.tokenFile, terminal);
  const logger = createLog(options.logLevel, terminal);
  if (ignoredHost !== null) logger.warn({ HOST: ignoredHost }, HOST_IGNORED);
  const journal = await openJournal(options, terminal.env, options.dataMax);
  const app = await buildApp({
    journal,
    host,
    hosts: options.allowHost,
    origins: options.allowOrigin,
    tokens,
    logger,
    limits: limitsOf(options, host),
    shardWorker: SHARD_WORKER,
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void close(app, logger, signal));
  }
  try {
    await app.listen({ host, port, listenTextResolver: (url) => `Listening at ${url}` });
  } catch (error) {
    await app.close();
    throw listenFailure(address, error);
  }
}

const HOST_IGNORED =
  'HOST ignored: it is no IP address; MMULAB_HOST or --host may name what to listen on';

function limitsOf(options: ServeOptions, host: string): Partial<Limits> {
  const { requestsMax = isLoopback(host) ? null : REMOTE_REQUESTS_PER_SECOND_MAX } = options;
  const moved = Object.entries(BOUND_OPTIONS).map(([option, { bound }]) => [
    bound,
    options[option as BoundOption],
  ]);
  return { ...Object.fromEntries(moved), clientRequestsPerSecond: requestsMax };
}

/** @throws {WrongUse} If there is none and others can reach the server. */
async function tokensFor(
  host: string,
  tokenFile: string | undefined,
  terminal: Terminal,
): Promise<Token[]> {
  const { MMULAB_TOKEN: full, MMULAB_READ_TOKEN: read, MMULAB_TOKEN_FILE } = terminal.env;
  const file = tokenFile ?? MMULAB_TOKEN_FILE;
  const tokens = await readTokens({ full, read, file }, terminal);
  if (tokens.length > 0 || isLoopback(host)) return tokens;
  throw new WrongUse(
    `Cannot serve on "${host}": others can reach it, and there is no token\n` +
      'Set MMULAB_TOKEN, for example to what "openssl rand -hex 32" prints; or name a file of what ' +
      '"mmulab token" prints with --token-file; or listen on 127.0.0.1',
  );
}

async function close(app: FastifyInstance, logger: Logger, signal: string): Promise<void> {
  logger.info({ signal }, 'Closing');
  setTimeout(() => {
    logger.warn({ signal, waitedMs: CLOSE_MS_MAX }, 'Closed before all was answered');
    process.exit(EXIT.objected);
  }, CLOSE_MS_MAX).unref();
  await app.close();
  logger.info({ signal }, 'Closed');
}

function levelOf(text: string): LogLevel {
  const level = LOG_LEVELS.find((one) => one === text);
  if (level !== undefined) return level;
  const known = LOG_LEVELS.join(', ');
  throw new WrongUse(`Cannot serve: no log level "${text}"; there are ${known}`);
}

/** @returns The names so far, with one more. */
function nameIn(text: string, before: readonly string[]): string[] {
  if (/^(?:[^\s:/[\]]+|\[[0-9a-f:.]+\])$/i.test(text)) return [...before, text.toLowerCase()];
  throw new WrongUse(`Cannot serve: --allow-host "${text}" is not a name without a port`);
}

/** @returns The origins so far, with one more. */
function originIn(text: string, before: readonly string[]): string[] {
  if (URL.canParse(text) && new URL(text).origin === text) return [...before, text];
  throw new WrongUse(
    `Cannot serve: --allow-origin "${text}" is not an origin, as https://dash.example is one`,
  );
}

function countOf(name: string, text: string): number {
  const count = Number(text);
  if (/^\d{1,12}$/.test(text) && count >= 1) return count;
  throw new WrongUse(`Cannot serve: ${name} "${text}" is not a count from 1`);
}
