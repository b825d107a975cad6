import type { IncomingMessage } from 'node:http';
import { isIPv4 } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { BOUNDS } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import { quoted } from '../wire/quoted.js';
import { targetTooLong } from './refuse.js';

const HOST_LETTERS = 'host'.length;

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
    const { length } = raw.url ?? '';
    if (length > BOUNDS.targetBytes.value) throw targetTooLong(length);
    const given = hostOf(raw);
    if (names !== null && given !== accepted) {
      if (!names.has(nameOf(given))) {
        throw new ApiError(
          'host-refused',
          `Cannot answer for host ${quoted(given)}: not a name of this server; add it with --allow-host`,
        );
      }
      accepted = given;
    }
    const { origin } = headers;
    if (origin === undefined || (!ws && (method === 'GET' || method === 'HEAD'))) return;
    if (!allowed.has(origin) && !isSame(origin, given)) {
      throw new ApiError('origin-refused', `Cannot serve origin ${quoted(origin)}: not allowed`);
    }
  };
}

/** Whether a server that listens on this address can be reached from its own machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/**
 * The host that a request names.
 *
 * @throws {ApiError} If it names none, or two.
 * @see RFC 9112, "Request Target" and "Host"
 */
function hostOf({ headers, rawHeaders, httpVersion, url = '' }: IncomingMessage): string {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name?.length === HOST_LETTERS && name.toLowerCase() === 'host') count += 1;
  }
  if (count > 1) throw malformed('it has two Host headers');
  if (count === 0 && httpVersion !== '1.0') throw malformed('it has no Host header');
  const given = headers.host ?? '';
  if (url.startsWith('/')) return given;
  const named = /^https?:\/\/([^/?#]*)/i.exec(url)?.[1];
  if (named === undefined || named.toLowerCase() === given.toLowerCase()) return given;
  throw malformed(`its target names host ${quoted(named)}, and its Host header ${quoted(given)}`);
}

function malformed(why: string): ApiError {
  return new ApiError('malformed-http', `Cannot read request: ${why}`);
}

/** The name in a Host header, without the port. */
function nameOf(host: string): string {
  return host.toLowerCase().replace(/:[0-9]*$/, '');
}

function isSame(origin: string, host: string): boolean {
  const lower = origin.toLowerCase();
  return lower === `http://${host.toLowerCase()}` || lower === `https://${host.toLowerCase()}`;
}
