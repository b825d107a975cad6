import { type AddressInfo, connect as connectTcp } from 'node:net';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterAll, onTestFinished } from 'vitest';
import { type RawData, WebSocket } from 'ws';
import { type AppOptions, buildApp } from '../../src/server/index.js';

/** Ids that a test can name: without the epoch of the run. */
export const plainIds: NonNullable<AppOptions['ids']> = (kind, number) => `${kind}-${number}`;

const NO_DELAY_COUNTS = { eventLoopDelayMs: 0 };

/**
 * An app that is closed when the test ends. Requests that are injected one upon the other leave the
 * timer that measures its delay no turn, so no delay counts unless a test says so.
 */
export async function startApp(options: AppOptions = {}): Promise<FastifyInstance> {
  const app = await build(options);
  onTestFinished(() => app.close());
  return app;
}

async function build(options: AppOptions): Promise<FastifyInstance> {
  const limits = { ...NO_DELAY_COUNTS, ...options.limits };
  const app = await buildApp({ epoch: 'test', ids: plainIds, ...options, limits });
  await app.ready();
  return app;
}

/**
 * An app for those tests of a file that leave it as they found it: it is built when one of them
 * first asks for it, and closed behind the last test.
 */
export function shareApp(
  prepare: (app: FastifyInstance) => Promise<unknown> = async () => {},
  options: AppOptions = {},
): () => Promise<FastifyInstance> {
  let built: Promise<FastifyInstance> | null = null;
  afterAll(async () => (await built)?.close());
  return () => {
    built ??= build(options).then(async (app) => {
      await prepare(app);
      return app;
    });
    return built;
  };
}

/** An app that listens on a free port. */
export async function listen(options: AppOptions = {}) {
  const app = await startApp(options);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return { app, port };
}

/** A request, answered by status, headers and JSON. */
export async function ask(
  app: FastifyInstance,
  method: NonNullable<InjectOptions['method']>,
  url: string,
  payload?: InjectOptions['payload'],
  headers?: Record<string, string>,
) {
  const response = await app.inject({
    method,
    url,
    ...(payload === undefined ? {} : { payload }),
    ...(headers === undefined ? {} : { headers }),
  });
  const { statusCode: status, body } = response;
  return {
    status,
    headers: response.headers,
    json: body.startsWith('{') ? JSON.parse(body) : body,
  };
}

/** A client of a stream, with the frames it was sent. */
export interface Client {
  readonly socket: WebSocket;
  readonly frames: Frame[];
  /** Resolves when this many frames came, or when the stream was closed. */
  readonly arrived: (count: number) => Promise<Frame[]>;
  /** Resolves to the close code. */
  readonly closed: Promise<number>;
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads what the wire carries.
export type Frame = Record<string, any>;

/** Sends bytes, and returns the status and the body of the answer: one object without others in it. */
export async function exchange(
  port: number,
  bytes: string,
): Promise<{ status: number; json: Frame }> {
  const socket = connectTcp({ port, host: '127.0.0.1' });
  let text = '';
  socket.write(bytes);
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      text += String(chunk);
      if (text.includes('}')) resolve();
    });
    socket.on('close', () => resolve());
  });
  socket.destroy();
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), json: body === '' ? {} : JSON.parse(body) };
}

export function connect(
  port: number,
  path: string,
  headers: Record<string, string> = {},
  protocols: string[] = [],
): Client {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { headers });
  const frames: Frame[] = [];
  let wake = () => {};
  socket.on('message', (data: RawData) => {
    frames.push(JSON.parse(String(data)) as Frame);
    wake();
  });
  socket.on('error', () => {});
  let open = true;
  const closed = new Promise<number>((resolve) => {
    socket.on('close', (code) => {
      open = false;
      wake();
      resolve(code);
    });
  });
  const arrived = async (count: number) => {
    while (frames.length < count && open) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return frames;
  };
  onTestFinished(() => socket.terminate());
  return { socket, frames, arrived, closed };
}

/** The status of a refused upgrade, and its problem. */
export async function refusedUpgrade(
  port: number,
  path: string,
  headers: Record<string, string> = {},
) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
  socket.on('error', () => {});
  return await new Promise<{ status: number | undefined; json: Frame }>((resolve) => {
    socket.on('unexpected-response', (_request, response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, json: JSON.parse(text) }));
    });
  });
}
