import { WrongUse } from './wrong-use.js';

/** Where a server listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
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
