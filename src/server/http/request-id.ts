import type { IncomingMessage } from 'node:http';

const GIVEN = /^[A-Za-z0-9._~+/=-]{1,128}$/;

/**
 * Names requests for the log and for problems: by their `X-Request-Id`, so that a harness finds its
 * own, or else by a number.
 */
export function createRequestIds(): (request: Pick<IncomingMessage, 'headers'>) => string {
  let count = 0;
  return ({ headers }) => {
    const given = headers['x-request-id'];
    if (typeof given === 'string' && GIVEN.test(given)) return given;
    count += 1;
    return `req-${count.toString(36)}`;
  };
}
