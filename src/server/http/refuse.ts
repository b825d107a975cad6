import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { NDJSON_TYPE } from '../batches/command-streams.js';
import { BOUNDS } from '../wire/bounds.js';
import { ApiError, type ErrorCode } from '../wire/errors.js';
import { keepsOwnTime } from '../wire/own-time.js';
import { PROBLEM_TYPE, type Problem, problemOf } from '../wire/problem.js';
import { VERSION } from '../wire/version.js';

/** Milliseconds that a client has to read the reason before its connection is closed. */
const LAST_WORD_MS = 1000;

/** Headers of every answer. */
export const COMMON_HEADERS = {
  'x-content-type-options': 'nosniff',
  // A browser that opens an answer must run nothing in it. The page has its own policy.
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'mmulab-version': VERSION,
};

/** Our codes for the refusals of Fastify and of Node. */
const KNOWN_CODES: Record<string, ErrorCode> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed-json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed-http',
  FST_ERR_BAD_URL: 'malformed-http',
  FST_ERR_MAX_PARAM_LENGTH: 'route-not-found',
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: 'malformed-http',
  // The client left before its body was complete.
  ECONNRESET: 'malformed-http',
};

/** Connections that were answered without a request, and are read until they close. */
const answered = new WeakSet<Duplex>();

/** Answers an error as a problem. */
export function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemFor(error, request);
  if (problem.code === 'body-too-large') readOn(request, reply);
  else if (reply.hasHeader('connection')) void reply.removeHeader('keep-alive');
  // A string with a content type bypasses the serializer of the route.
  void reply.code(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
}

/**
 * Reads a body that is refused, and throws it away. A connection that is closed with bytes unread is
 * reset, and the client loses the answer.
 */
function readOn(request: FastifyRequest, reply: FastifyReply): void {
  void reply.removeHeader('connection');
  request.raw.resume();
}

/** Turns an error into a problem. Details of our own errors go into the log, not to the client. */
export function problemFor(error: unknown, request: FastifyRequest): Problem {
  const refusal = refusalOf(error, request);
  if (refusal.code === 'internal') {
    request.log.error({ reqId: request.id, err: error }, 'Request failed');
  } else {
    const { method, ip } = request;
    request.log.debug({ reqId: request.id, method, ip, code: refusal.code }, 'Request refused');
  }
  return problemOf(refusal, { instance: pathOf(request.url), requestId: request.id });
}

/** Answers what Node's HTTP parser refuses, and so never becomes a request. */
export function refuseClient(error: NodeJS.ErrnoException, socket: Duplex): void {
  // The parser fails on every piece that follows.
  if (answered.has(socket) && error.code !== 'ECONNRESET') return;
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && keepsOwnTime(socket)) return;
  answerOn(socket, clientRefusalOf(error.code));
}

/** Answers an `Expect` header that Node does not know; no route sees the request. */
export function refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
  const refusal = new ApiError(
    'expectation-failed',
    `Cannot meet the expectation "${request.headers.expect}": only "100-continue"`,
  );
  const problem = problemOf(refusal, { instance: pathOf(request.url ?? '') });
  const body = JSON.stringify(problem);
  response.writeHead(problem.status, {
    ...COMMON_HEADERS,
    'content-type': PROBLEM_TYPE,
    'content-length': Buffer.byteLength(body),
    // The body that may follow is not read.
    connection: 'close',
  });
  response.end(body);
}

/** Writes an answer to a bare connection, which Node has no response for, and closes it. */
export function answerOn(
  socket: Duplex,
  refusal: ApiError,
  headers: Readonly<Record<string, string>> = {},
): void {
  answered.add(socket);
  const problem = problemOf(refusal);
  const body = JSON.stringify(problem);
  const all = {
    ...COMMON_HEADERS,
    'Content-Type': PROBLEM_TYPE,
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${problem.status} ${problem.title}\r\n${lines.join('')}\r\n${body}`);
  setTimeout(() => socket.destroy(), LAST_WORD_MS).unref();
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? url;
}

function refusalOf(error: unknown, request: FastifyRequest): ApiError {
  if (error instanceof ApiError) return error;
  // The router judges the parts of a path before any hook sees the request.
  if (request.url.length > BOUNDS.targetBytes.value) return targetTooLong(request.url.length);
  const { code, message } = error as Partial<FastifyError>;
  const known = KNOWN_CODES[code ?? ''];
  if (known !== undefined) return new ApiError(known, detailOf(known, request, message ?? ''));
  if (error instanceof SyntaxError && (error as Partial<FastifyError>).statusCode === 400) {
    return new ApiError('malformed-json', `Cannot read body: ${error.message}`);
  }
  return new ApiError(
    'internal',
    'Cannot finish the request: an error of the server, which its log shows',
  );
}

/** Refusal of a request whose target is longer than any that this server answers. */
export function targetTooLong(bytes: number): ApiError {
  return new ApiError(
    'target-too-long',
    `Cannot read request: its target has ${bytes} bytes, and ${BOUNDS.targetBytes.value} is the bound`,
  );
}

function detailOf(code: ErrorCode, request: FastifyRequest, message: string): string {
  if (code === 'body-too-large') {
    return `Cannot read body: it is over the bound of ${request.routeOptions.bodyLimit} bytes`;
  }
  if (code === 'unsupported-media-type') {
    const type = request.headers['content-type'] ?? '';
    const taken = request.server.hasContentTypeParser(NDJSON_TYPE) ? `" or "${NDJSON_TYPE}` : '';
    return `Cannot read body: its type is "${type}", not "application/json${taken}"`;
  }
  return `Cannot read request: ${message}`;
}

function clientRefusalOf(code: string | undefined): ApiError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new ApiError('request-timeout', 'Cannot read request: it arrived too slowly');
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new ApiError('headers-too-large', 'Cannot read request: its headers are over 16 KiB');
  }
  return new ApiError('malformed-http', 'Cannot read request: it is not HTTP');
}
