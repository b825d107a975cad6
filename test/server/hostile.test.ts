import { connect as connectTcp } from 'node:net';
import { expect, test } from 'vitest';
import { ask, connect, listen } from './start.js';

const EVENTS = '/v1/vms/vm-1/events';
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

test('a client may ping, and is shown the door for anything else', async () => {
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
  const { app, port } = await listenWithVm({ heartbeatMs: 20 });
  const client = connect(port, EVENTS);
  await client.arrived(1);
  await new Promise((resolve) => setTimeout(resolve, 200));
  await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/enter');
  expect((await client.arrived(2))[1]?.type).toBe('command');
});

test('who floods with pings and reads nothing gets nothing', async () => {
  const { app, port } = await listenWithVm({ streamBufferBytesMax: 16 * 1024 });
  const client = connect(port, EVENTS);
  await client.arrived(1);
  client.socket.pause();
  for (let i = 0; i < 50_000; i += 1) client.socket.ping(Buffer.alloc(100));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const [server] = [...app.websocketServer.clients];
  expect(server?.bufferedAmount).toBeLessThan(17 * 1024);
});

test.each([
  ['not HTTP', 'nonsense\r\n\r\n', 400, 'malformed-http'],
  [
    'headers too large',
    `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    431,
    'headers-too-large',
  ],
])('%s is answered with a problem', async (_what, bytes, status, code) => {
  const { port } = await listenWithVm();
  const answer = await exchange(port, bytes);
  expect(answer.startsWith(`HTTP/1.1 ${status} `)).toBe(true);
  expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ status, code });
});
