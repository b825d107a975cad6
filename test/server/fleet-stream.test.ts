import { expect, test } from 'vitest';
import { follow, NDJSON, SSE } from './follow.js';
import { ask, connect, type Frame, listen } from './start.js';

const ENTER = (vm: string) => `/v1/vms/${vm}/vcpus/0/enter`;
const seqsOf = (frames: readonly Frame[], of: string) =>
  frames.flatMap(({ type, vm, seq }) =>
    vm === of && (type === 'command' || type === 'event') ? [seq] : [],
  );

test('a stream of all VMs tells what comes, happens and goes, in every form', async () => {
  const { app, port } = await listen();
  await ask(app, 'POST', '/v1/vms');
  await ask(app, 'POST', ENTER('vm-1'));
  const { seq: before } = (await ask(app, 'GET', '/v1/vms/vm-1')).json;
  const clients = [
    connect(port, '/v1/events'),
    await follow(port, '/v1/events', NDJSON),
    await follow(port, '/v1/events', SSE),
  ];
  await Promise.all(clients.map(({ arrived }) => arrived(1)));
  const { events: first } = (await ask(app, 'POST', ENTER('vm-1'))).json;
  await ask(app, 'POST', '/v1/vms');
  const { events: second } = (await ask(app, 'POST', ENTER('vm-2'))).json;
  await ask(app, 'DELETE', '/v1/vms/vm-2');
  const head = 1 + second.length;
  const count = 1 + (1 + first.length) + 1 + (1 + second.length) + 1;
  for (const { arrived } of clients) {
    const frames = await arrived(count);
    expect(frames.length).toBe(count);
    expect(frames[0]).toEqual({ type: 'hello', epoch: 'test', vms: 1, number: 1 });
    expect(seqsOf(frames, 'vm-1')).toEqual(
      Array.from({ length: 1 + first.length }, (_, i) => before + 1 + i),
    );
    expect(frames[2 + first.length]).toEqual({
      type: 'life',
      number: 2,
      vm: 'vm-2',
      life: 'created',
      name: null,
      tags: {},
      head: 0,
    });
    expect(seqsOf(frames, 'vm-2')).toEqual(Array.from({ length: head }, (_, i) => 1 + i));
    expect(frames.at(-1)).toEqual({
      type: 'life',
      number: 3,
      vm: 'vm-2',
      life: 'deleted',
      name: null,
      tags: {},
      head,
    });
  }
});

test('creations and deletions are resumed by their number, and only some VMs are followed', async () => {
  const { app, port } = await listen();
  for (let i = 0; i < 3; i += 1) await ask(app, 'POST', '/v1/vms');
  const client = await follow(port, '/v1/events?vm=vm-2,vm-3&after=1&epoch=test', SSE);
  await client.arrived(3);
  expect(client.frames.slice(1).map(({ vm, number }) => [vm, number])).toEqual([
    ['vm-2', 2],
    ['vm-3', 3],
  ]);
  expect(client.ids).toEqual(['test:1', 'test:2', 'test:3']);
  await ask(app, 'POST', ENTER('vm-1'));
  const { json } = await ask(app, 'POST', ENTER('vm-3'));
  await client.arrived(4 + json.events.length);
  expect(seqsOf(client.frames, 'vm-1')).toEqual([]);
  expect(seqsOf(client.frames, 'vm-3').length).toBe(1 + json.events.length);
  expect(client.ids.at(-1)).toBe(null);
});

test('creations and deletions that are no longer kept are a gap', async () => {
  const { app, port } = await listen();
  for (let i = 0; i < 4096; i += 1) {
    await ask(app, 'POST', '/v1/vms');
    await ask(app, 'DELETE', `/v1/vms/vm-${i + 1}`);
  }
  const client = await follow(port, '/v1/events?after=0', NDJSON);
  const frames = await client.arrived(2 + 4096);
  expect(frames[0]).toEqual({ type: 'hello', epoch: 'test', vms: 0, number: 8192 });
  expect(frames[1]).toEqual({ type: 'life-gap', from: 1, to: 4096 });
  expect(frames.slice(2).map(({ number }) => number)).toEqual(
    Array.from({ length: 4096 }, (_, i) => 4097 + i),
  );
});

test('with a filter, a frame for each VM says up to where everything was considered', async () => {
  const { app, port } = await listen();
  await ask(app, 'POST', '/v1/vms');
  await ask(app, 'POST', '/v1/vms');
  const client = await follow(port, '/v1/events?kind=root-evicted', NDJSON);
  await client.arrived(1);
  const { json } = await ask(app, 'POST', ENTER('vm-1'));
  await ask(app, 'POST', ENTER('vm-2'));
  const seq = 1 + json.events.length;
  expect((await client.arrived(3)).slice(1)).toEqual([
    { type: 'through', vm: 'vm-1', seq },
    { type: 'through', vm: 'vm-2', seq },
  ]);
});

test('a slow reader of all VMs gets gaps, also of a VM that is deleted meanwhile', async () => {
  const { app, port } = await listen({
    limits: { streamBufferBytes: 64 * 1024, historyRecordsPerVm: 1024 },
  });
  const slow = connect(port, '/v1/events');
  await slow.arrived(1);
  slow.socket.pause();
  await ask(app, 'POST', '/v1/vms');
  await ask(app, 'POST', '/v1/vms');
  const batch = Array.from({ length: 10_000 }, (_, i) => ({
    kind: 'load-root',
    vcpu: 0,
    pgd: `0x${(1 + (i % 7)).toString(16)}000`,
  }));
  for (let i = 0; i < 3; i += 1) {
    await ask(app, 'POST', '/v1/vms/vm-1/commands', batch);
    await ask(app, 'POST', '/v1/vms/vm-2/commands', batch);
  }
  const heads = new Map<string, number>();
  for (const vm of ['vm-1', 'vm-2']) {
    heads.set(vm, (await ask(app, 'GET', `/v1/vms/${vm}`)).json.seq);
  }
  await ask(app, 'DELETE', '/v1/vms/vm-2');
  slow.socket.resume();
  const toldOf = (of: string) =>
    slow.frames.reduce((last, { type, vm, seq, from, to }) => {
      if (vm !== of || type === 'life') return last;
      expect(type === 'gap' ? from : seq).toBe(last + 1);
      return type === 'gap' ? to : seq;
    }, 0);
  const lastOf = (of: string) =>
    slow.frames.findLast(({ vm, type }) => vm === of && type !== 'life');
  const isDone = () =>
    lastOf('vm-1')?.seq === heads.get('vm-1') &&
    slow.frames.findLast(({ life }) => life === 'deleted') !== undefined;
  for (let n = 2; !isDone(); n = slow.frames.length + 1) {
    expect((await slow.arrived(n)).length).toBeGreaterThanOrEqual(n);
  }
  expect(toldOf('vm-1')).toBe(heads.get('vm-1'));
  expect(toldOf('vm-2')).toBe(heads.get('vm-2'));
  const deleted = slow.frames.findIndex(({ life }) => life === 'deleted');
  expect(slow.frames.slice(deleted + 1).some(({ vm }) => vm === 'vm-2')).toBe(false);
});

test('a stream of all VMs lives while nothing happens, and ends with the server', async () => {
  const { app, port } = await listen({ limits: { heartbeatMs: 20 } });
  const client = await follow(port, '/v1/events', NDJSON);
  const socket = connect(port, '/v1/events');
  await Promise.all([client.arrived(2), socket.arrived(1)]);
  expect(client.frames[1]).toEqual({ type: 'life-through', number: 0 });
  await app.close();
  await client.ended;
  const end = { type: 'end', number: 0, reason: 'shutdown' };
  expect([client.frames.at(-1), await socket.closed, socket.frames.at(-1)]).toEqual([
    end,
    1001,
    end,
  ]);
});

test('the VMs of a tag are followed, and no others', async () => {
  const { app, port } = await listen();
  const client = await follow(port, '/v1/events?tag=suite:nightly', NDJSON);
  await client.arrived(1);
  await ask(app, 'POST', '/v1/vms');
  await ask(app, 'POST', '/v1/vms', { tags: { suite: 'nightly' } });
  await ask(app, 'POST', ENTER('vm-1'));
  await ask(app, 'POST', ENTER('vm-2'));
  await ask(app, 'DELETE', '/v1/vms/vm-1');
  await ask(app, 'DELETE', '/v1/vms/vm-2');
  while (client.frames.at(-1)?.life !== 'deleted') {
    const count = client.frames.length + 1;
    expect((await client.arrived(count)).length).toBeGreaterThanOrEqual(count);
  }
  const [, created, ...rest] = client.frames;
  expect([created?.life, created?.tags]).toEqual(['created', { suite: 'nightly' }]);
  expect(new Set(rest.map(({ vm }) => vm))).toEqual(new Set(['vm-2']));
});
