import type { ServerResponse } from 'node:http';

/** Fires when the client is gone. The request itself closes as soon as its body was read. */
export function departureOf(response: ServerResponse): AbortSignal {
  const departure = new AbortController();
  response.once('close', () => departure.abort());
  return departure.signal;
}
