import { expect, test } from 'vitest';
import { ask, connect, type Frame, listen, refusedUpgrade, startApp } from './start.js';

const EVENTS = '/v1/vms/vm-1/events';
const BATCH = '/v1/vms/vm-1/commands';
const switches = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    kind: 'load-root',
    vcpu: 0,
    pgd: `0x${(1 + (i % 7)).toString(16)}000`,
  }));
const seqsOf = (frames: Frame[]) => frames.flatMap(({ seq }) => (seq === undefined ? [] : [seq]));
const upTo = (head: number, from = 1) =>
  Array.from({ length: head - from + 1 }, (_, i) => i + from);

test('a page holds every sequence number once, and the next one goes on', async () => {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms');
  await ask(app, 'POST', BATCH, switches(20));
  const frames: Frame[] = [];
  let page = { next: 0, head: 1, oldest: 0 };
  while (page.next < page.head) {
    const { status, json } = await ask(app, 'GET', `${EVENTS}?after=${page.next}&limit=7`);
    expect(status).toBe(200);
    frames.push(...json.events);
    page = json;
  }
  expect(seqsOf(frames)).toEqual(upTo(page.head));
  expect(page.oldest).toBe(1);
  expect(frames[0]).toEqual({
    type: 'command',
    vm: 'vm-1',
    seq: 1,
    vcpu: 0,
    command: { kind: 'load-root', vcpu: 0, pgd: '0x1000' },
    outcome: { kind: 'ok' },
  });
});

test('a page can be of some kinds and vCPUs only', async () => {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms', { vcpus: 2 });
  await ask(
    app,
    'POST',
    BATCH,
    [0, 1].map((vcpu) => ({ kind: 'load-root', vcpu, pgd: '0x1000' })),
  );
  const kindsOf = async (query: string) =>
    (await ask(app, 'GET', `${EVENTS}?${query}`)).json.events.map(
      ({ type, vcpu, event }: Frame) => [vcpu, event?.kind ?? type],
    );
  expect(await kindsOf('kind=root-missed')).toEqual([
    [0, 'root-missed'],
    [1, 'root-missed'],
  ]);
  expect(await kindsOf('kind=root-missed&kind=command&vcpu=1')).toEqual([
    [1, 'command'],
    [1, 'root-missed'],
  ]);
  expect(await kindsOf('kind=command,tlb-flushed')).toEqual([
    [0, 'command'],
    [1, 'command'],
  ]);
});

test('history that is no longer kept is refused, with where it begins', async () => {
  const app = await startApp({ limits: { historyRecordsPerVm: 256 } });
  await ask(app, 'POST', '/v1/vms');
  await ask(app, 'POST', BATCH, switches(400));
  const { json: page } = await ask(app, 'GET', `${EVENTS}?limit=10000`);
  expect(page.oldest).toBe(Math.floor((page.head - 1) / 256) * 256 + 1);
  expect(seqsOf(page.events)).toEqual(upTo(page.head, page.oldest));
  const { status, json } = await ask(app, 'GET', `${EVENTS}?after=3`);
  expect([status, json.code, json.oldest, json.detail]).toEqual([
    410,
    'events-expired',
    page.oldest,
    `Cannot read events after 3: history is kept from ${page.oldest}`,
  ]);
});

test.each([
  'after=x',
  'after=99',
  'limit=0',
  'limit=10001',
  'kind=nope',
  'vcpu=a',
  'x=1',
  'mmu=x',
  'root=1',
  'severity=x',
])('a page with %s is refused', async (query) => {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms');
  expect((await ask(app, 'GET', `${EVENTS}?${query}`)).status).toBe(400);
  expect((await ask(app, 'GET', '/v1/vms/nope/events')).status).toBe(404);
});

test('a stream says hello, then follows the VM', async () => {
  const { app, port } = await listen();
  await ask(app, 'POST', '/v1/vms');
  await ask(app, 'POST', BATCH, switches(3));
  const { seq: head } = (await ask(app, 'GET', '/v1/vms/vm-1')).json;
  const client = connect(port, EVENTS);
  await client.arrived(1);
  expect(client.frames).toEqual([
    { type: 'hello', vm: 'vm-1', epoch: 'test', head, oldest: 1, violations: [] },
  ]);
  const { json } = await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/enter');
  const [, command, ...events] = await client.arrived(2 + json.events.length);
  expect(command).toEqual({
    type: 'command',
    vm: 'vm-1',
    seq: head + 1,
    vcpu: 0,
    command: { kind: 'enter', vcpu: 0 },
    outcome: { kind: 'ok' },
  });
  expect(events).toEqual(json.events);
});

test('a stream resumes from any sequence number, across a reconnect, without a gap', async () => {
  const { app, port } = await listen();
  await ask(app, 'POST', '/v1/vms');
  const seen: number[] = [];
  for (let round = 0; round < 4; round += 1) {
    const client = connect(port, `${EVENTS}?after=${seen.at(-1) ?? 0}`);
    await client.arrived(1);
    await ask(app, 'POST', BATCH, switches(300));
    // The connection is lost while frames are under way.
    await client.arrived(200 + 37 * round);
    seen.push(...seqsOf(client.frames));
    client.socket.terminate();
    await client.closed;
  }
  const { seq: head } = (await ask(app, 'GET', '/v1/vms/vm-1')).json;
  const last = connect(port, `${EVENTS}?after=${seen.at(-1)}`);
  await last.arrived(1 + head - (seen.at(-1) as number));
  seen.push(...seqsOf(last.frames));
  expect(seen).toEqual(upTo(head));
});

test('a stream can be of some kinds and vCPUs only', async () => {
  const { app, port } = await listen();
  await ask(app, 'POST', '/v1/vms', { vcpus: 2 });
  const client = connect(port, `${EVENTS}?kind=root-missed&vcpu=1`);
  await client.arrived(1);
  await ask(
    app,
    'POST',
    BATCH,
    [0, 1].map((vcpu) => ({ kind: 'load-root', vcpu, pgd: '0x1000' })),
  );
  const [, missed] = await client.arrived(2);
  expect([missed?.vcpu, missed?.event.kind]).toEqual([1, 'root-missed']);
  expect(client.frames.length).toBe(2);
});

test('a client that resumes from before what is kept is told of the gap', async () => {
  const { app, port } = await listen({ limits: { historyRecordsPerVm: 256 } });
  await ask(app, 'POST', '/v1/vms');
  await ask(app, 'POST', BATCH, switches(400));
  const { head, oldest } = (await ask(app, 'GET', EVENTS)).json;
  const client = connect(port, `${EVENTS}?after=3`);
  await client.arrived(2 + head - oldest + 1);
  expect(client.frames[1]).toEqual({ type: 'gap', vm: 'vm-1', from: 4, to: oldest - 1 });
  expect(seqsOf(client.frames)).toEqual(upTo(head, oldest));
});

test('a reader that reads nothing slows nobody, fills no memory and is told what it missed', async () => {
  const limits = { streamBufferBytes: 64 * 1024, historyRecordsPerVm: 8192 };
  const { app, port } = await listen({ limits });
  await ask(app, 'POST', '/v1/vms');
  const slow = connect(port, EVENTS);
  const quick = connect(port, EVENTS);
  await Promise.all([slow.arrived(1), quick.arrived(1)]);
  slow.socket.pause();
  for (let i = 0; i < 12; i += 1) await ask(app, 'POST', BATCH, switches(10_000));
  const [server] = [...app.websocketServer.clients];
  // One frame may pass the bound.
  expect(server?.bufferedAmount).toBeLessThan(64 * 1024 + 1024);
  const { seq: head } = (await ask(app, 'GET', '/v1/vms/vm-1')).json;
  slow.socket.resume();
  for (const { frames, arrived } of [slow, quick]) {
    for (let n = 2; frames.at(-1)?.seq !== head; n = frames.length + 1) await arrived(n);
    const told = frames
      .slice(1)
      .flatMap(({ type, seq, from, to }) => (type === 'gap' ? upTo(to, from) : [seq]));
    expect(told).toEqual(upTo(head));
  }
  expect(slow.frames.filter(({ type }) => type === 'gap').length).toBeGreaterThan(0);
});

test('a reader is sent all, however little may wait for it', async () => {
  const { app, port } = await listen({ limits: { streamBufferBytes: 1024 } });
  await ask(app, 'POST', '/v1/vms');
  const client = connect(port, EVENTS);
  await client.arrived(1);
  await ask(app, 'POST', BATCH, switches(100));
  const { seq: head } = (await ask(app, 'GET', '/v1/vms/vm-1')).json;
  await client.arrived(1 + head);
  expect(seqsOf(client.frames)).toEqual(upTo(head));
});

test('a stream ends with its VM', async () => {
  const { app, port } = await listen();
  await ask(app, 'POST', '/v1/vms');
  await ask(app, 'POST', BATCH, switches(3));
  const { seq } = (await ask(app, 'GET', '/v1/vms/vm-1')).json;
  const client = connect(port, EVENTS);
  await client.arrived(1);
  await ask(app, 'DELETE', '/v1/vms/vm-1');
  expect(await client.closed).toBe(1000);
  expect(client.frames.at(-1)).toEqual({ type: 'end', vm: 'vm-1', seq, reason: 'vm-deleted' });
});

test('a stream ends with the server', async () => {
  const { app, port } = await listen();
  await ask(app, 'POST', '/v1/vms');
  const client = connect(port, EVENTS);
  await client.arrived(1);
  await app.close();
  expect(await client.closed).toBe(1001);
  expect(client.frames.at(-1)).toEqual({ type: 'end', vm: 'vm-1', seq: 0, reason: 'shutdown' });
});

test('an upgrade is refused as a problem', async () => {
  const { app, port } = await listen({ limits: { streams: 1 }, origins: ['http://good.test'] });
  await ask(app, 'POST', '/v1/vms');
  const refusalOf = async (path: string, headers = {}) => {
    const { status, json } = await refusedUpgrade(port, path, headers);
    return [status, json.code];
  };
  expect(await refusalOf('/v1/vms/nope/events')).toEqual([404, 'vm-not-found']);
  expect(await refusalOf(`${EVENTS}?after=9`)).toEqual([400, 'invalid-request']);
  expect(await refusalOf(`${EVENTS}?nope=9`)).toEqual([400, 'invalid-request']);
  expect(await refusalOf('/v1/nope')).toEqual([404, 'route-not-found']);
  const origin = 'http://evil.test';
  expect(await refusalOf(EVENTS, { origin })).toEqual([403, 'origin-refused']);
  expect(await refusalOf(EVENTS, { host: 'evil.test' })).toEqual([403, 'host-refused']);
  const own = connect(port, EVENTS, { origin: `http://127.0.0.1:${port}` });
  await own.arrived(1);
  expect(await refusalOf(EVENTS)).toEqual([429, 'stream-limit-reached']);
  own.socket.close();
  await own.closed;
  await expect.poll(() => app.websocketServer.clients.size).toBe(0);
  const good = connect(port, EVENTS, { origin: 'http://good.test' });
  await good.arrived(1);
  expect(good.frames.length).toBe(1);
});
