import { isIP } from 'node:net';
import type { Terminal } from './terminal.js';
import { WrongUse } from './wrong-use.js';

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = '3000';

/** Where a server listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** The value of `HOST`, if it was passed over. */
  readonly ignoredHost: string | null;
}

/**
 * Finds where to listen: an option goes before `MMULAB_HOST` and `MMULAB_PORT`, and those before
 * `HOST` and `PORT`.
 *
 * `HOST` counts only if it is an IP address or `localhost`. Some shells and build systems set it to
 * the machine's own name, and a server that took it for an address to listen on would open itself
 * to the network, or refuse to start, for a reason that nobody looks for.
 *
 * @throws {WrongUse} If a port is none.
 */
export function addressFor(
  options: { readonly host?: string; readonly port?: number },
  env: Terminal['env'],
): Address {
  const named = options.host ?? (env.MMULAB_HOST || undefined);
  const common = env.HOST || DEFAULT_HOST;
  const isAddress = common === 'localhost' || isIP(common) !== 0;
  return {
    host: named ?? (isAddress ? common : DEFAULT_HOST),
    port: options.port ?? portFrom(env),
    ignoredHost: named === undefined && !isAddress ? common : null,
  };
}

/** @param name Where the text was given. @throws {WrongUse} If it is not a port. */
export function portOf(name: string, text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new WrongUse(`Cannot serve: ${name} "${text}" is not a port from 0 to 65535`);
}

/** Tells in one sentence why a server could not listen. */
export function listenFailure({ host, port }: Address, error: unknown): WrongUse {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const reason = Object.hasOwn(LISTEN_REASONS, code) ? LISTEN_REASONS[code] : message;
  const name = host.includes(':') ? `[${host}]` : host;
  return new WrongUse(`Cannot serve on ${name}:${port}: ${reason}`);
}

const NO_ADDRESS = 'no address is known by that name';

const LISTEN_REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there; --port names another port, and 0 takes a free one',
  EACCES: 'this user may not listen there; ports from 1024 on are for everyone',
  EADDRNOTAVAIL: 'this machine has no such address; --host names another',
  ENOTFOUND: NO_ADDRESS,
  EAI_AGAIN: NO_ADDRESS,
};

function portFrom({ MMULAB_PORT, PORT }: Terminal['env']): number {
  if (MMULAB_PORT) return portOf('MMULAB_PORT', MMULAB_PORT);
  return portOf('PORT', PORT || DEFAULT_PORT);
}
