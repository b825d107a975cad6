import {
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import { type ConnectionOptions, connect, type NatsConnection } from '@nats-io/transport-node';
import { ANSWER_MS, patiently } from './patience.js';

/** The oldest server that can sync each message before it answers. */
const VERSION_MIN = [2, 10] as const;

/** Name of a journal where its address has none. */
const JOURNAL_NAME = 'mmulab';

/** Copies that a cluster of servers keeps. */
const REPLICAS = 3;

/** The address of a journal, taken apart. */
export interface NatsAddress {
  readonly connection: ConnectionOptions;
  /** Names the journal among others on the same servers. */
  readonly name: string;
}

/** A connection to the servers of a journal. */
export interface Servers {
  readonly connection: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  /** Copies that new streams have. */
  readonly replicas: number;
}

/** The servers, or the address, are not such that a journal can be kept on them. */
export class UnfitServers extends Error {
  override readonly name = 'UnfitServers';
}

/**
 * Reads an address: `nats://host[:port][,host[:port]...][/name]`, or `tls://` for encrypted connections.
 *
 * @param credentials `user:password`, or a token; nothing where servers ask for none.
 * @throws {UnfitServers} If it is none.
 */
export function natsAddressOf(text: string, credentials = ''): NatsAddress {
  const parts = /^(nats|tls):\/\/([^@/?#]+)(?:\/([A-Za-z0-9_-]*))?$/.exec(text);
  const [, scheme, hosts = '', name] = parts ?? [];
  const servers = hosts.split(',').map((host) => host.replace(/^(?:nats|tls):\/\//, ''));
  const isHost = (host: string) => /^(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d+)?$/i.test(host);
  if (!servers.every(isHost)) {
    throw new UnfitServers(
      'it is no address such as nats://localhost:4222, or nats://a:4222,b:4222/name for two servers',
    );
  }
  return {
    name: name || JOURNAL_NAME,
    connection: {
      servers,
      ...loginOf(credentials),
      ...(scheme === 'tls' && { tls: {} }),
    },
  };
}

function loginOf(credentials: string): Pick<ConnectionOptions, 'user' | 'pass' | 'token'> {
  if (credentials === '') return {};
  const colon = credentials.indexOf(':');
  if (colon === -1) return { token: credentials };
  return { user: credentials.slice(0, colon), pass: credentials.slice(colon + 1) };
}

/**
 * Connects to the servers of a journal, and stays so whatever becomes of any of them.
 *
 * @param patienceMs Milliseconds in which one of them has to answer.
 * @throws {UnfitServers} If they are too old or have no JetStream.
 */
export async function connectServers(
  { connection: options }: NatsAddress,
  patienceMs: number,
): Promise<Servers> {
  const connection = await patiently(patienceMs, () =>
    connect({
      ...options,
      name: 'mmulab',
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      reconnectJitter: 100,
      pingInterval: 5000,
      maxPingOut: 2,
      timeout: ANSWER_MS,
      ignoreAuthErrorAbort: true,
    }),
  );
  try {
    const { version = '?', cluster, jetstream: hasJetStream } = connection.info ?? {};
    demandVersion(version);
    if (hasJetStream !== true) {
      throw new UnfitServers('JetStream is off; start nats-server with --jetstream');
    }
    const js = jetstream(connection, { timeout: ANSWER_MS });
    const jsm = await jetstreamManager(connection, { timeout: ANSWER_MS, checkAPI: false });
    return { connection, js, jsm, replicas: cluster === undefined ? 1 : REPLICAS };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function demandVersion(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [majorMin, minorMin] = VERSION_MIN;
  if (major > majorMin || (major === majorMin && minor >= minorMin)) return;
  throw new UnfitServers(
    `nats-server ${version} cannot sync each record before it answers; use ${VERSION_MIN.join('.')} or later`,
  );
}
