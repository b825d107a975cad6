import type { ServerResponse } from 'node:http';

/**
 * Fires when the client is gone.
 *
 * The response tells that; the request closes as soon as its body was read.
 */
export function disconnectOf(response: ServerResponse): AbortSignal {
  const disconnect = new AbortController();
  response.once('close', () => disconnect.abort());
  return disconnect.signal;
}
