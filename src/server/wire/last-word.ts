import type { IncomingMessage } from 'node:http';

/** Milliseconds that a client has to stop sending, once it was told why its request ended. */
const LAST_WORD_MS = 1000;

/** Gives up reading the body of a request that is answered, unless its client ends it soon. */
export function endReading(request: IncomingMessage): void {
  if (request.readableEnded) return;
  request.resume();
  setTimeout(() => {
    if (!request.readableEnded) request.destroy();
  }, LAST_WORD_MS).unref();
}
