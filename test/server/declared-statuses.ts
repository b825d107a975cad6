import { connect as connectTcp } from 'node:net';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { expect } from 'vitest';
import { statusesOf } from '../../stress/fuzz/description.js';
import { describedRoutes, exampleOf, type Route } from './described.js';

/** Every operation that openapi.yaml has. */
export const ROUTES: readonly Route[] = [...describedRoutes().routes.values()];

export const declaring = (status: number) =>
  ROUTES.filter(({ operation }) => declaredBy(operation).includes(status));

/** Every status that an operation may answer with. */
export const declaredBy = ({ responses }: Route['operation']) =>
  Object.entries(responses).flatMap(([key, response]) => statusesOf(key, response));

export const routeOf = (id: string) =>
  ROUTES.find(({ operation }) => operation.operationId === id) as Route;

export interface Sent {
  readonly status: number;
  readonly code: string | undefined;
}

/** Asks for what an example asks for, but as a test would have it. */
export async function send(app: FastifyInstance, route: Route, other: Other = {}): Promise<Sent> {
  const { method, url, body } = exampleOf(route, other.vm);
  const response = await app.inject({
    method,
    url: other.url ?? url,
    ...contentOf(body, other.options),
    // A stream has a status before it ends.
    payloadAsStream: true,
  });
  const isRefused = response.statusCode >= 400;
  let text = '';
  if (isRefused) for await (const chunk of response.stream()) text += String(chunk);
  else response.stream().destroy();
  return { status: response.statusCode, code: isRefused ? JSON.parse(text).code : undefined };
}

/** The body of an example, or that of a test. A text is JSON as well, unless it has a type. */
function contentOf(
  body: unknown,
  { payload = body as object, ...rest }: InjectOptions = {},
): InjectOptions {
  if (payload === undefined) return rest;
  if (typeof payload !== 'string' || rest.headers?.['content-type'] !== undefined) {
    return { ...rest, payload };
  }
  const headers = { ...rest.headers, 'content-type': 'application/json' };
  return { ...rest, headers, payload: JSON.stringify(payload) };
}

/** What a test asks for instead of the example. */
export interface Other {
  readonly vm?: string;
  readonly url?: string;
  readonly options?: InjectOptions;
}

/** Has every route that declares a status answer with it, for one of these reasons. */
export async function expectOf(
  status: number,
  codes: readonly string[],
  ask: (route: Route) => Promise<Sent>,
): Promise<void> {
  for (const route of declaring(status)) {
    const { operationId } = route.operation;
    const answer = await ask(route);
    expect([operationId, answer]).toEqual([
      operationId,
      { status, code: codes.includes(answer.code ?? '') ? answer.code : codes.join(' or ') },
    ]);
  }
}

/** Sends a part of a request. @returns What sends the rest of it, and takes the answer. */
export async function raw(port: number, head: string): Promise<() => Promise<Sent>> {
  const socket = connectTcp({ port, host: '127.0.0.1' });
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await new Promise((resolve) => socket.write(head, resolve));
  return async () => {
    socket.end('Connection: close\r\nContent-Length: 0\r\n\r\n');
    await closed;
    const [, status] = /^HTTP\/1\.1 (\d+)/.exec(text) ?? [];
    const [, code] = /"code":"([a-z-]+)"/.exec(text) ?? [];
    return { status: Number(status), code };
  };
}
