import { timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../wire/errors.js';
import { accessOf } from './access.js';
import { type Scope, type Token, tokenOf } from './token.js';

/**
 * The subprotocol of every stream. A page cannot give a WebSocket a header, but it can offer
 * subprotocols: this one, and beside it `bearer.` with the token. The server picks this one.
 */
export const STREAM_PROTOCOL = 'mmulab.v1';

const TOKEN_PROTOCOL = 'bearer.';

const HOW = 'send "Authorization: Bearer TOKEN", or offer a WebSocket subprotocol "bearer.TOKEN"';

/**
 * Makes a check that demands a token of every request, unless its route is for all.
 *
 * A token is compared by its hash with all known ones, so the time taken tells nothing of them. The
 * check throws an {@link ApiError} if the token is missing, unknown, or too narrow in scope.
 *
 * @see RFC 6750, "The OAuth 2.0 Authorization Framework: Bearer Token Usage"
 */
export function createAuthentication(tokens: readonly Token[]) {
  return (request: FastifyRequest, reply: FastifyReply): void => {
    const { access } = accessOf(request.routeOptions);
    if (access === 'all') return;
    const presented = presentedBy(request);
    if (presented === null) {
      void reply.header('www-authenticate', 'Bearer realm="mmulab"');
      throw new ApiError('token-required', `Cannot ${nameOf(request)}: no token; ${HOW}`);
    }
    const scope = scopeOf(tokens, presented);
    if (scope === null) {
      void reply.header('www-authenticate', 'Bearer realm="mmulab", error="invalid_token"');
      throw new ApiError(
        'token-refused',
        `Cannot ${nameOf(request)}: the token is unknown; use one of the server's`,
      );
    }
    const needed = access ?? scopeFor(request.method);
    if (needed === 'full' && scope === 'read') {
      void reply.header('www-authenticate', 'Bearer realm="mmulab", error="insufficient_scope"');
      throw new ApiError(
        'scope-insufficient',
        `Cannot ${nameOf(request)}: the token is for reading only; use one of scope "full"`,
      );
    }
  };
}

/** Picks the subprotocol of a stream among those offered; never the one with the token. */
export function chooseProtocol(offered: ReadonlySet<string>): string | false {
  return offered.has(STREAM_PROTOCOL) ? STREAM_PROTOCOL : false;
}

function presentedBy({ ws, headers }: FastifyRequest): string | null {
  const bearer = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined || !ws) return bearer ?? null;
  const offered = headers['sec-websocket-protocol']?.split(',').map((name) => name.trim()) ?? [];
  const token = offered.find((name) => name.startsWith(TOKEN_PROTOCOL));
  return token === undefined ? null : token.slice(TOKEN_PROTOCOL.length);
}

function scopeOf(tokens: readonly Token[], secret: string): Scope | null {
  const { hash: presented } = tokenOf('read', secret);
  let found: Scope | null = null;
  for (const { scope, hash } of tokens) if (timingSafeEqual(hash, presented)) found = scope;
  return found;
}

function scopeFor(method: string): Scope {
  return method === 'GET' || method === 'HEAD' ? 'read' : 'full';
}

function nameOf({ method, url }: FastifyRequest): string {
  return `${method} "${url.split('?', 1)[0]}"`;
}
