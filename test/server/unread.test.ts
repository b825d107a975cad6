import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { ask, shareApp } from './start.js';

const shared = shareApp(async (app) => {
  await app.listen({ host: '127.0.0.1', port: 0 });
  await ask(app, 'POST', '/v1/vms');
});

const HOST = 'Host: localhost\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';
/** More than the buffers of a connection hold, so that the client still writes when it is answered. */
const LONG = 'x'.repeat(5 * 1024 * 1024);
const LENGTH = `Content-Length: ${LONG.length}\r\n\r\n${LONG}`;
const CHUNK = `${LONG.length.toString(16)}\r\n${LONG}\r\n0\r\n\r\n`;
const EVENTS = '/v1/vms/vm-1/events';
const WEB_SOCKET = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';

/** Requests with bytes that nobody wants, and how they are answered. */
const UNWANTED: readonly (readonly [what: string, status: number, bytes: string])[] = [
  ['a body that is too long', 413, `POST /v1/vms HTTP/1.1\r\n${HOST}${JSON_TYPE}${LENGTH}`],
  [
    'a body that turns out too long',
    413,
    `POST /v1/vms HTTP/1.1\r\n${HOST}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n${CHUNK}`,
  ],
  ['a body of no type', 415, `POST /v1/vms HTTP/1.1\r\n${HOST}Content-Type: a/b\r\n${LENGTH}`],
  ['a body of a foreign host', 403, `POST /v1/vms HTTP/1.1\r\nHost: evil.test\r\n${LENGTH}`],
  ['a body where none is read', 200, `GET ${EVENTS} HTTP/1.1\r\n${HOST}${LENGTH}`],
  ['something else than HTTP', 400, `BAD\r\n\r\n${LONG}`],
  ['headers that are too long', 431, `GET / HTTP/1.1\r\n${HOST}X: ${LONG}\r\n\r\n`],
  [
    'a bad chunk',
    400,
    `POST /v1/vms HTTP/1.1\r\n${HOST}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\nzz\r\n${LONG}`,
  ],
  [
    'a line that is too long',
    200,
    `POST /v1/vms/vm-1/commands HTTP/1.1\r\n${HOST}Content-Type: application/x-ndjson\r\n${LENGTH}`,
  ],
];

/** The status of an answer, once all bytes are sent and all of it has come; or the error. */
async function exchanged(port: number, bytes: string): Promise<number | string> {
  const socket = connect({ port, host: '127.0.0.1' });
  let text = '';
  let error: string | null = null;
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', (met: NodeJS.ErrnoException) => {
    error = met.code ?? met.message;
  });
  const isWritten = new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  await isWritten;
  // A last word of the server's that is one object, or the end of a page or a stream of lines.
  while (error === null && !socket.readableEnded && !/\}\n?(?:\r\n0\r\n\r\n)?$/.test(text)) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.destroy();
  return error ?? Number(text.split(' ')[1]);
}

test.each(UNWANTED)(
  '%s is read to its end, and the client is told %i',
  async (_what, status, bytes) => {
    const app = await shared();
    const { port } = app.server.address() as { port: number };
    for (let i = 0; i < 5; i += 1) expect(await exchanged(port, bytes)).toBe(status);
  },
);

test.each([
  ['to something else', 400, EVENTS, 'Connection: Upgrade\r\nUpgrade: other\r\n'],
  ['where there is no stream', 404, '/v1/policies', WEB_SOCKET],
  ['with a broken handshake', 400, EVENTS, `${WEB_SOCKET}Sec-WebSocket-Key: short\r\n`],
])('an upgrade %s ends the connection, and says so', async (_what, status, path, headers) => {
  const app = await shared();
  const { port } = app.server.address() as { port: number };
  const socket = connect({ port, host: '127.0.0.1' });
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.write(`GET ${path} HTTP/1.1\r\n${HOST}${headers}\r\n`);
  await new Promise((resolve) => socket.once('close', resolve));
  const [head = ''] = text.split('\r\n\r\n');
  expect([Number(head.split(' ')[1]), /^connection: (.*)$/im.exec(head)?.[1]]).toEqual([
    status,
    'close',
  ]);
  expect(head).not.toMatch(/^keep-alive:/im);
});

test('an idle connection is kept for longer than the client is told', async () => {
  const app = await shared();
  const { headers } = await app.inject('/v1/policies');
  const told = Number(/^timeout=(\d+)$/.exec(String(headers['keep-alive']))?.[1]);
  expect([told, app.server.keepAliveTimeout]).toEqual([60, 75_000]);
});
