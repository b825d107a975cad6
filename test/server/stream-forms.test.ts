import { expect, test } from 'vitest';
import { follow, NDJSON, SSE } from './follow.js';
import { ask, connect, type Frame, listen, refusedUpgrade, startApp } from './start.js';

const EVENTS = '/v1/vms/vm-1/events';
const BATCH = '/v1/vms/vm-1/commands';
const switches = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    kind: 'load-root',
    vcpu: 0,
    pgd: `0x${(1 + (i % 7)).toString(16)}000`,
  }));
const seqsOf = (frames: readonly Frame[]) =>
  frames.flatMap(({ type, seq }) => (type === 'command' || type === 'event' ? [seq] : []));
const upTo = (head: number, from = 1) =>
  Array.from({ length: head - from + 1 }, (_, i) => i + from);

async function withHistory(count = 20, limits = {}) {
  const { app, port } = await listen({ limits });
  await ask(app, 'POST', '/v1/vms');
  await ask(app, 'POST', BATCH, switches(count));
  const { seq: head } = (await ask(app, 'GET', '/v1/vms/vm-1')).json;
  return { app, port, head };
}

test('NDJSON is a frame a line: hello, history, and what comes', async () => {
  const { app, port, head } = await withHistory();
  const client = await follow(port, `${EVENTS}?after=0`, NDJSON);
  expect([client.status, client.headers['content-type'], client.headers['cache-control']]).toEqual([
    200,
    'application/x-ndjson',
    'no-store',
  ]);
  await client.arrived(1 + head);
  expect(client.frames[0]).toEqual({
    type: 'hello',
    vm: 'vm-1',
    epoch: 'test',
    head,
    oldest: 1,
    violations: [],
  });
  const { json } = await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/enter');
  await client.arrived(2 + head + json.events.length);
  expect(client.frames.slice(-json.events.length)).toEqual(json.events);
  expect(seqsOf(client.frames)).toEqual(upTo(head + 1 + json.events.length));
});

test('every form carries the same frames', async () => {
  const { port, head } = await withHistory();
  const socket = connect(port, `${EVENTS}?after=0`);
  const [lines, events] = await Promise.all([
    follow(port, `${EVENTS}?after=0`, NDJSON),
    follow(port, `${EVENTS}?after=0`, { accept: 'text/html, text/event-stream;q=0.9' }),
  ]);
  const all = await Promise.all([socket, lines, events].map(({ arrived }) => arrived(1 + head)));
  expect(all[1]).toEqual(all[0]);
  expect(all[2]).toEqual(all[0]);
});

test('a server-sent event has an id from which a client resumes, across a reconnect', async () => {
  const { app, port, head } = await withHistory();
  const first = await follow(port, EVENTS, SSE);
  await first.arrived(1);
  expect(first.headers['content-type']).toBe('text/event-stream');
  expect(first.ids).toEqual([`test:${head}`]);
  first.leave();
  await ask(app, 'POST', BATCH, switches(30));
  const { seq } = (await ask(app, 'GET', '/v1/vms/vm-1')).json;
  // The query is that of the first connection, as with an EventSource: the id goes before it.
  const again = await follow(port, `${EVENTS}?after=3`, {
    ...SSE,
    'last-event-id': first.ids[0] as string,
  });
  await again.arrived(1 + seq - head);
  expect(seqsOf(again.frames)).toEqual(upTo(seq, head + 1));
  expect(again.ids.at(-1)).toBe(`test:${seq}`);
});

test('a client that comes back from another epoch is told so, in every form', async () => {
  const { app, port } = await withHistory();
  const page = await ask(app, 'GET', `${EVENTS}?after=1&epoch=other`);
  expect([page.status, page.json.code, page.json.epoch, page.json.detail]).toEqual([
    410,
    'epoch-changed',
    'test',
    'Cannot resume from epoch "other": this is epoch "test", and its VMs are others',
  ]);
  const upgrade = await refusedUpgrade(port, `${EVENTS}?after=1&epoch=other`);
  expect([upgrade.status, upgrade.json.code]).toEqual([410, 'epoch-changed']);
  for (const path of [EVENTS, '/v1/events']) {
    const client = await follow(port, path, { ...SSE, 'last-event-id': 'other:1' });
    await client.ended;
    expect([client.status, client.frames[0]?.code]).toEqual([410, 'epoch-changed']);
  }
  expect((await ask(app, 'GET', `${EVENTS}?after=1&epoch=test`)).status).toBe(200);
});

test.each([
  [EVENTS, { 'last-event-id': 'nonsense' }, 400, 'invalid-request'],
  [EVENTS, { 'last-event-id': 'test:9999' }, 400, 'invalid-request'],
  [`${EVENTS}?after=9999`, {}, 400, 'invalid-request'],
  ['/v1/events?after=9', {}, 400, 'invalid-request'],
  ['/v1/events?limit=9', {}, 400, 'invalid-request'],
  ['/v1/vms/nope/events', {}, 404, 'vm-not-found'],
])('a stream of %s with %o is refused', async (path, headers, status, code) => {
  const { port } = await withHistory();
  const client = await follow(port, path, { ...SSE, ...headers });
  await client.ended;
  expect([client.status, client.frames[0]?.code]).toEqual([status, code]);
});

test('streams of every form count, and their places are free again', async () => {
  const { app, port } = await withHistory(1, { streams: 2, fleetStreams: 1 });
  const first = await follow(port, EVENTS, NDJSON);
  const all = await follow(port, '/v1/events', NDJSON);
  await Promise.all([first.arrived(1), all.arrived(1)]);
  const refused = await follow(port, EVENTS, SSE);
  await refused.ended;
  expect([refused.status, refused.frames[0]?.code]).toEqual([429, 'stream-limit-reached']);
  expect((await refusedUpgrade(port, EVENTS)).json.code).toBe('stream-limit-reached');
  first.leave();
  let again = await follow(port, EVENTS, NDJSON);
  while (again.status === 429) again = await follow(port, EVENTS, NDJSON);
  expect(again.status).toBe(200);
  again.leave();
  let second = await follow(port, '/v1/events', NDJSON);
  while ((await second.arrived(1))[0]?.detail?.includes('open stream:')) {
    second = await follow(port, '/v1/events', NDJSON);
  }
  expect([second.status, second.frames[0]?.detail]).toEqual([
    429,
    'Cannot open stream of all VMs: there are 1, the bound; close one',
  ]);
  expect((await ask(app, 'GET', EVENTS)).status).toBe(200);
});

test('with a filter, a frame says up to where everything was considered', async () => {
  const { app, port, head } = await withHistory();
  const query = `${EVENTS}?after=0&kind=command`;
  const clients = [connect(port, query), await follow(port, query, NDJSON)];
  await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/enter');
  const { seq } = (await ask(app, 'GET', '/v1/vms/vm-1')).json;
  expect(seq).toBeGreaterThan(head + 1);
  for (const { arrived } of clients) {
    const frames = await arrived(1 + 21 + 1);
    expect(frames.at(-1)).toEqual({ type: 'through', vm: 'vm-1', seq });
    expect(frames.filter(({ type }) => type === 'command').length).toBe(21);
  }
});

test('a quiet stream over HTTP is told that it lives', async () => {
  const { port, head } = await withHistory(1, { heartbeatMs: 20 });
  const client = await follow(port, EVENTS, SSE);
  await client.arrived(3);
  expect(client.frames[2]).toEqual({ type: 'through', vm: 'vm-1', seq: head });
});

test('a reader over HTTP that reads nothing any more is given up', async () => {
  const { app, port } = await withHistory(1, {
    heartbeatMs: 200,
    streamBufferBytes: 64 * 1024,
    streams: 1,
  });
  const dead = await follow(port, EVENTS, NDJSON);
  await dead.arrived(1);
  const next = async () => (await follow(port, EVENTS, NDJSON)).status;
  let status = await next();
  expect(status).toBe(429);
  dead.pause();
  for (let i = 0; i < 4; i += 1) await ask(app, 'POST', BATCH, switches(10_000));
  while (status === 429) status = await next();
  expect(status).toBe(200);
});

test('a slow reader over HTTP gets gaps, and the rest is complete', async () => {
  const { app, port } = await withHistory(1, {
    streamBufferBytes: 64 * 1024,
    historyRecordsPerVm: 1024,
  });
  const slow = await follow(port, `${EVENTS}?after=0`, NDJSON);
  await slow.arrived(1);
  slow.pause();
  for (let i = 0; i < 8; i += 1) await ask(app, 'POST', BATCH, switches(10_000));
  const { seq: head } = (await ask(app, 'GET', '/v1/vms/vm-1')).json;
  slow.resume();
  for (let n = 2; slow.frames.at(-1)?.seq !== head; n = slow.frames.length + 1) {
    expect((await slow.arrived(n)).length).toBeGreaterThanOrEqual(n);
  }
  const told = slow.frames
    .slice(1)
    .flatMap(({ type, seq, from, to }) => (type === 'gap' ? upTo(to, from) : [seq]));
  expect(told).toEqual(upTo(head));
  expect(slow.frames.filter(({ type }) => type === 'gap').length).toBeGreaterThan(0);
});

test('a stream over HTTP ends with its VM, and with the server', async () => {
  const { app, port, head } = await withHistory();
  await ask(app, 'POST', '/v1/vms');
  const [first, second] = [
    await follow(port, EVENTS, NDJSON),
    await follow(port, '/v1/vms/vm-2/events', SSE),
  ];
  await ask(app, 'DELETE', '/v1/vms/vm-1');
  await first.ended;
  expect(first.frames.at(-1)).toEqual({
    type: 'end',
    vm: 'vm-1',
    seq: head,
    reason: 'vm-deleted',
  });
  await app.close();
  await second.ended;
  expect(second.frames.at(-1)).toEqual({ type: 'end', vm: 'vm-2', seq: 0, reason: 'shutdown' });
});

test('a reader who has read all is told of no gap at the end', async () => {
  const { app, port, head } = await withHistory();
  const clients = [
    connect(port, `${EVENTS}?after=${head - 1}`),
    await follow(port, `${EVENTS}?after=${head}`, NDJSON),
    await follow(port, `${EVENTS}?after=${head - 2}&kind=root-evicted`, SSE),
  ];
  await Promise.all([2, 1, 2].map((count, i) => clients[i]?.arrived(count)));
  await ask(app, 'DELETE', '/v1/vms/vm-1');
  const told = await Promise.all(clients.map(({ arrived }) => arrived(10)));
  expect(told.map((frames) => frames.map(({ type, seq }) => `${type} ${seq ?? ''}`))).toEqual([
    ['hello ', `event ${head}`, `end ${head}`],
    ['hello ', `end ${head}`],
    ['hello ', `through ${head}`, `end ${head}`],
  ]);
});

test('a page is filtered by MMU, root and severity', async () => {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms');
  await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/load-root', { pgd: '0x1000' });
  await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/enter');
  await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/invpcid', { type: 9, pcid: 0, gva: '0x0' });
  const kindsOf = async (query: string) =>
    (await ask(app, 'GET', `${EVENTS}?${query}`)).json.events.map(
      ({ type, event }: Frame) => event?.kind ?? type,
    );
  expect(await kindsOf('mmu=root')).toEqual(['root-missed', 'root-allocated', 'root-synced']);
  expect(await kindsOf('mmu=guest')).toEqual([]);
  const { hpa } = (await ask(app, 'GET', '/v1/vms/vm-1/vcpus/0')).json.rootMmu.root;
  expect(await kindsOf(`root=${hpa}&severity=info`)).toEqual(['root-allocated', 'root-synced']);
  expect(await kindsOf('root=0xfff000')).toEqual([]);
  expect(await kindsOf('severity=warning')).toEqual([]);
  expect(await kindsOf('severity=notice&kind=command,fault-injected')).toEqual([
    'command',
    'fault-injected',
  ]);
});
