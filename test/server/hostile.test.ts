import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { VERSION } from '../../src/server/index.js';
import { ask, connect, listen, shareApp } from './start.js';

const EVENTS = '/v1/vms/vm-1/events';

/** For refusals, which leave it as it was. */
const shared = shareApp(async (app) => {
  await app.listen({ host: '127.0.0.1', port: 0 });
  await ask(app, 'POST', '/v1/vms');
});
const UPGRADE =
  `GET ${EVENTS} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';

async function listenWithVm(limits = {}) {
  const server = await listen({ limits });
  await ask(server.app, 'POST', '/v1/vms');
  return server;
}

/** Sends bytes and returns all that came back until the server hung up. */
async function exchange(port: number, bytes: string | Buffer, end = false): Promise<string> {
  const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  socket.write(bytes);
  if (end) socket.end();
  await new Promise((resolve) => socket.on('close', resolve).on('end', () => socket.end()));
  return text;
}

test('a client may ping, and its stream is closed for anything else', async () => {
  const { port } = await listenWithVm();
  const polite = connect(port, EVENTS);
  await polite.arrived(1);
  polite.socket.send('{"type":"ping"}');
  expect((await polite.arrived(2))[1]).toEqual({ type: 'pong' });
  for (const frame of ['{"type":"command"}', 'nonsense', 'null', '[]', Buffer.from([1, 2, 3])]) {
    const rude = connect(port, EVENTS);
    await rude.arrived(1);
    rude.socket.send(frame);
    expect(await rude.closed).toBe(1008);
  }
});

test('a frame over the bound closes its stream, and no other', async () => {
  const { app, port } = await listenWithVm();
  const bystander = connect(port, EVENTS);
  const rude = connect(port, EVENTS);
  await Promise.all([bystander.arrived(1), rude.arrived(1)]);
  rude.socket.send('x'.repeat(5000));
  expect(await rude.closed).toBe(1009);
  await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/enter');
  expect((await bystander.arrived(2))[1]?.type).toBe('command');
});

test.each([
  ['garbage for frames', Buffer.from([0xff, 0xff, 0xff, 0xff, 1, 2, 3])],
  ['an unmasked frame', Buffer.from([0x81, 0x02, 0x68, 0x69])],
  ['a frame that is never finished', Buffer.from([0x81])],
])('%s does no harm', async (_what, bytes) => {
  const { app, port } = await listenWithVm({ heartbeatMs: 50 });
  const answer = await exchange(port, Buffer.concat([Buffer.from(UPGRADE), bytes]));
  expect(answer.startsWith('HTTP/1.1 101')).toBe(true);
  expect((await ask(app, 'GET', '/healthz')).status).toBe(200);
});

test('a client that closes its half is let go', async () => {
  const { app, port } = await listenWithVm();
  const answer = await exchange(port, UPGRADE, true);
  expect(answer.startsWith('HTTP/1.1 101')).toBe(true);
  await expect.poll(() => app.websocketServer.clients.size).toBe(0);
});

test('a client that answers no ping is let go', async () => {
  const { app, port } = await listenWithVm({ heartbeatMs: 30 });
  const answer = await exchange(port, UPGRADE);
  expect(answer).toContain('"type":"hello"');
  await expect.poll(() => app.websocketServer.clients.size).toBe(0);
});

test('a client that answers pings stays', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const { app, port } = await listenWithVm({ heartbeatMs: 20 });
  const client = connect(port, EVENTS);
  await client.arrived(1);
  const [server] = [...app.websocketServer.clients];
  for (let beat = 0; beat < 4; beat += 1) {
    const answered = once(server as WebSocket, 'pong');
    vi.advanceTimersByTime(20);
    await answered;
  }
  await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/enter');
  expect((await client.arrived(2))[1]?.type).toBe('command');
});

test('a client too far behind to see a ping stays as long as it reads', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const { app, port } = await listenWithVm({ heartbeatMs: 20 });
  const [[connection], reader] = (await Promise.all([
    once(app.server, 'connection'),
    Promise.resolve(connectTcp({ port, host: '127.0.0.1' })),
  ])) as [[Socket], Socket];
  reader.on('error', () => {}).write(UPGRADE);
  await until(() => app.websocketServer.clients.size === 1);
  const switchOver = { kind: 'mov-cr3', vcpu: 0, value: '0x100000' };
  const batch = Array<object>(5000).fill(switchOver);
  // More than the system keeps for both sides.
  const fill = () =>
    until(async () => {
      await ask(app, 'POST', '/v1/vms/vm-1/commands', batch);
      return connection.writableLength > 0;
    });
  const beat = async () => {
    vi.advanceTimersByTime(20);
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    return app.websocketServer.clients.size;
  };
  const taken = () => connection.bytesWritten - connection.writableLength;
  await fill();
  expect(await beat()).toBe(1);
  const before = taken();
  reader.resume();
  await until(() => taken() > before);
  reader.pause();
  await fill();
  expect(await beat()).toBe(1);
  await beat();
  await until(() => app.websocketServer.clients.size === 0);
});

/** Waits without a timer, which a poll would move where timers are faked. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}

const PINGS = 50_000;
/** Without the head and the mask of its frame. */
const PING_BYTES = 100;

test('a client that floods with pings and reads nothing is sent nothing', async () => {
  const { app, port } = await listenWithVm({ streamBufferBytes: 16 * 1024 });
  let connection: Socket | undefined;
  app.server.on('connection', (socket: Socket) => {
    connection = socket;
  });
  const client = connect(port, EVENTS);
  await client.arrived(1);
  client.socket.pause();
  for (let i = 0; i < PINGS; i += 1) client.socket.ping(Buffer.alloc(PING_BYTES));
  const sent = PINGS * PING_BYTES;
  await expect.poll(() => connection?.bytesRead).toBeGreaterThanOrEqual(sent);
  const [server] = [...app.websocketServer.clients];
  expect(server?.bufferedAmount).toBeLessThan(17 * 1024);
});

const HANDSHAKE = { host: 'localhost', connection: 'Upgrade', upgrade: 'websocket' };
const KEY = { 'sec-websocket-version': '13', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' };

test.each([
  ['not HTTP', 'nonsense\r\n\r\n', 400, 'malformed-http'],
  ['headers too large', get('/', { X: 'x'.repeat(20_000) }), 431, 'headers-too-large'],
  ['no Host', get('/healthz', { connection: 'close' }), 400, 'malformed-http'],
  ['an expectation', get('/', { host: 'localhost', expect: 'tea' }), 417, 'expectation-failed'],
  ['another protocol', get('/healthz', { ...HANDSHAKE, upgrade: 'h2c' }), 400, 'upgrade-refused'],
  ['a route without a stream', get('/v1/vms', { ...HANDSHAKE, ...KEY }), 404, 'stream-not-found'],
  ['no route at all', get('/v1/nope', { ...HANDSHAKE, ...KEY }), 404, 'route-not-found'],
  ['no key', get(EVENTS, { ...HANDSHAKE, 'sec-websocket-version': '13' }), 400, 'upgrade-refused'],
  [
    'a bad key',
    get(EVENTS, { ...HANDSHAKE, ...KEY, 'sec-websocket-key': 'x' }),
    400,
    'upgrade-refused',
  ],
  [
    'another version',
    get(EVENTS, { ...HANDSHAKE, ...KEY, 'sec-websocket-version': '7' }),
    400,
    'upgrade-refused',
  ],
  [
    'a bad subprotocol',
    get(EVENTS, { ...HANDSHAKE, ...KEY, 'sec-websocket-protocol': ',' }),
    400,
    'upgrade-refused',
  ],
])('%s is answered with a problem', async (_what, bytes, status, code) => {
  const app = await shared();
  const { port } = app.server.address() as AddressInfo;
  const answer = await exchange(port, bytes);
  expect(answer.startsWith(`HTTP/1.1 ${status} `)).toBe(true);
  expect(answer.toLowerCase()).toContain('content-type: application/problem+json; charset=utf-8');
  expect(answer).toContain(`mmulab-version: ${VERSION}\r\n`);
  expect(problemIn(answer)).toMatchObject({ status, code });
  expect(app.websocketServer.clients.size).toBe(0);
});

test('a client of another version is told ours', async () => {
  const { port } = await listenWithVm();
  const answer = await exchange(port, get(EVENTS, { ...HANDSHAKE, 'sec-websocket-version': '7' }));
  expect(answer).toContain('Sec-WebSocket-Version: 13\r\n');
});

test('a request that does not come to its end is given up', async () => {
  const { port } = await listenWithVm({ requestMs: 100 });
  const slow = `POST${get('/v1/vms', {
    host: 'localhost',
    'content-type': 'application/json',
    'content-length': '100',
  }).slice('GET'.length)}{`;
  for (const bytes of [slow, slow.slice(0, 30)]) {
    expect(problemIn(await exchange(port, bytes))).toMatchObject({
      status: 408,
      code: 'request-timeout',
    });
  }
});

test('a server that closes is not ready, and takes nothing more', async () => {
  const { app, port } = await listenWithVm();
  const lingering = connectTcp({ port, host: '127.0.0.1' });
  lingering.write(UPGRADE);
  await new Promise((resolve) => lingering.once('data', resolve));
  // The stream's client does not say goodbye, and is waited for.
  const closed = app.close();
  for (const path of ['/readyz', '/v1/vms']) {
    const answer = await exchange(port, get(path, { host: 'localhost' }));
    expect(problemIn(answer)).toMatchObject({ status: 503, code: 'not-ready' });
  }
  const upgrade = await exchange(port, UPGRADE);
  expect(problemIn(upgrade)).toMatchObject({ status: 503, code: 'not-ready' });
  await closed;
});

function get(path: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

function problemIn(answer: string): unknown {
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));
}
