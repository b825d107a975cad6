import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNatsServer } from './find-nats-server.js';

const FOUND = findNatsServer();

/** Why tests that need a nats-server are left out; null if they are not. */
export const WHY_NO_NATS: string | null = FOUND.reason ?? null;

/** A nats-server of a test's own. */
export interface NatsServer {
  /** Host and port. */
  readonly address: string;
  /** Address of its monitoring. */
  readonly monitor: string;
  child: ChildProcess;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again, with what it has on disk. */
  restart(): Promise<void>;
}

export interface NatsServers {
  readonly servers: readonly NatsServer[];
  /** Address of a journal on them. */
  url(name: string): string;
  /** Ends them, and drops what they have. */
  close(): Promise<void>;
}

/**
 * Starts nats-servers with JetStream: one alone, or several as a cluster.
 *
 * @param jetstream More lines for the settings of JetStream: `sync_interval: always`.
 */
export async function startNats(count = 1, jetstream = ''): Promise<NatsServers> {
  const folder = mkdtempSync(join(tmpdir(), 'mmulab-nats-'));
  const ports = await freePorts(3 * count);
  const routes = ports.slice(2 * count).map((port) => `nats-route://127.0.0.1:${port}`);
  const servers: NatsServer[] = [];
  for (let i = 0; i < count; i += 1) {
    const [port, monitor, route] = [ports[i], ports[count + i], ports[2 * count + i]];
    const file = join(folder, `${i}.conf`);
    const cluster = `cluster { name: test, listen: "127.0.0.1:${route}", routes: [${routes.join(', ')}] }`;
    writeFileSync(
      file,
      [
        `server_name: n${i}`,
        `listen: "127.0.0.1:${port}"`,
        `http: "127.0.0.1:${monitor}"`,
        `jetstream { store_dir: "${join(folder, String(i))}", ${jetstream} }`,
        ...(count > 1 ? [cluster] : []),
      ].join('\n'),
    );
    servers.push(serverOf(file, `127.0.0.1:${port}`, `http://127.0.0.1:${monitor}`));
  }
  await Promise.all(servers.map(isHealthy));
  return {
    servers,
    url: (name) => `nats://${servers.map(({ address }) => address).join(',')}/${name}`,
    async close() {
      await Promise.all(servers.map((server) => server.kill()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function serverOf(file: string, address: string, monitor: string): NatsServer {
  const start = () => spawn(FOUND.path as string, ['-c', file], { stdio: 'ignore' });
  const server: NatsServer = {
    ...{ address, monitor, child: start() },
    async kill() {
      const { child } = server;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
    async restart() {
      server.child = start();
      await isHealthy(server);
    },
  };
  return server;
}

/** Resolves once a server takes part in JetStream. */
async function isHealthy({ monitor, child }: NatsServer): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`nats-server ended with ${child.exitCode}`);
    try {
      if ((await fetch(`${monitor}/healthz`)).ok) return;
    } catch {
      // It does not listen yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Ports that are free now. */
async function freePorts(count: number): Promise<number[]> {
  const listeners = await Promise.all(
    Array.from({ length: count }, async () => {
      const listener = createServer().listen(0, '127.0.0.1');
      await once(listener, 'listening');
      return listener;
    }),
  );
  const ports = listeners.map((one) => (one.address() as { readonly port: number }).port);
  await Promise.all(listeners.map((one) => once(one.close(), 'close')));
  return ports;
}
