import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError, type ErrorCode } from './errors.js';
import { PROBLEM_TYPE, problemOf } from './problem.js';

/** Where Fastify's own refusals stand in our table. */
const FASTIFY_CODES: Record<string, ErrorCode> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed-json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed-http',
  FST_ERR_BAD_URL: 'malformed-http',
  FST_ERR_MAX_PARAM_LENGTH: 'route-not-found',
};

/** Answers an error as a problem. What is not the caller's fault is logged and not told. */
export function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = refusalOf(error, request);
  if (refusal.code === 'internal') request.log.error({ err: error }, 'Request failed');
  const problem = problemOf(refusal, request.url.split('?', 1)[0]);
  // A string with its own type passes by the serializer of the route.
  void reply.code(refusal.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
}

/** What Node's parser refuses never becomes a request, so the answer is written by hand. */
export function refuseClient(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal = clientRefusalOf(error.code);
  const problem = problemOf(refusal);
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${problem.title}\r\nContent-Type: ${PROBLEM_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function refusalOf(error: unknown, request: FastifyRequest): ApiError {
  if (error instanceof ApiError) return error;
  const { code, message } = error as Partial<FastifyError>;
  const known = FASTIFY_CODES[code ?? ''];
  if (known !== undefined) return new ApiError(known, detailOf(known, request, message ?? ''));
  if (error instanceof SyntaxError && (error as Partial<FastifyError>).statusCode === 400) {
    return new ApiError('malformed-json', `Cannot read body: ${error.message}`);
  }
  return new ApiError('internal', 'Cannot finish the request: an error of ours, now in the log');
}

function detailOf(code: ErrorCode, request: FastifyRequest, message: string): string {
  if (code === 'body-too-large') {
    return `Cannot read body: it is over the bound of ${request.routeOptions.bodyLimit} bytes`;
  }
  if (code === 'unsupported-media-type') {
    const type = request.headers['content-type'] ?? '';
    return `Cannot read body: its type is "${type}", not "application/json"`;
  }
  return `Cannot read request: ${message}`;
}

function clientRefusalOf(code: string | undefined): ApiError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new ApiError('request-timeout', 'Cannot read request: it came too slowly');
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new ApiError('headers-too-large', 'Cannot read request: its headers are over 16 KiB');
  }
  return new ApiError('malformed-http', 'Cannot read request: it is not HTTP');
}
