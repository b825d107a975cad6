import { isIPv4 } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { ApiError } from '../wire/errors.js';

const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

export interface GuardOptions {
  /** The address that the server listens on. */
  readonly host: string;
  /** Names beside the loopback ones by which the server may be asked. */
  readonly hosts: readonly string[];
  /** Origins beside the server's own whose pages may use it. */
  readonly origins: readonly string[];
}

/**
 * Keeps foreign web pages out.
 *
 * A page can make a browser send requests here, and with a name that it resolves to 127.0.0.1 it
 * can even read the answers. So a server on loopback answers to loopback names only, and requests
 * that change something or open a stream must not come from a page of another origin.
 */
export function createGuard({ host, hosts, origins }: GuardOptions) {
  const names = isLoopback(host) ? new Set([...LOOPBACK_NAMES, ...hosts]) : null;
  const allowed = new Set(origins);
  // Nearly every request names the same host as the one before.
  let accepted: string | null = null;
  return ({ headers, method, ws, raw }: FastifyRequest): void => {
    if (headers.host === undefined && raw.httpVersion !== '1.0') {
      throw new ApiError('malformed-http', 'Cannot read request: it has no Host header');
    }
    const given = headers.host ?? '';
    if (names !== null && given !== accepted) {
      if (!names.has(nameOf(given))) {
        throw new ApiError(
          'host-refused',
          `Cannot answer for host "${given}": not a name of this server; add it with --allow-host`,
        );
      }
      accepted = given;
    }
    const { origin } = headers;
    if (origin === undefined || (!ws && (method === 'GET' || method === 'HEAD'))) return;
    if (!allowed.has(origin) && !isSame(origin, given)) {
      throw new ApiError('origin-refused', `Cannot serve origin "${origin}": not allowed`);
    }
  };
}

/** Whether a server that listens on this address can be reached from its own machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** The name in a Host header, without the port. */
function nameOf(host: string): string {
  return host.toLowerCase().replace(/:[0-9]*$/, '');
}

function isSame(origin: string, host: string): boolean {
  const lower = origin.toLowerCase();
  return lower === `http://${host.toLowerCase()}` || lower === `https://${host.toLowerCase()}`;
}
