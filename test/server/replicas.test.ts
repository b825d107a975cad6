import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { expect, test } from 'vitest';
import { NotWritten } from '../../src/journal/log/index.js';
import { SharedMemory } from '../journal/shared-memory.js';
import { follow, NDJSON } from './follow.js';
import { PRICE_FILE } from './price-file.js';
import { ask, type Frame, startApp } from './start.js';

const start = (memory: SharedMemory, options = {}): Promise<FastifyInstance> =>
  startApp({ journal: memory.open(), epoch: 'shared', ids: undefined, ...options });

/** Servers on one journal. */
async function startSome(count: number): Promise<FastifyInstance[]> {
  const memory = new SharedMemory();
  const apps: FastifyInstance[] = [];
  for (let i = 0; i < count; i += 1) apps.push(await start(memory));
  return apps;
}

const move = (app: FastifyInstance, vm: string, value: string) =>
  ask(app, 'POST', `/v1/vms/${vm}/vcpus/0/mov-cr3`, { value });

async function create(app: FastifyInstance, body = {}): Promise<string> {
  const { json, status } = await ask(app, 'POST', '/v1/vms', body);
  expect(status).toBe(201);
  return json.id;
}

/** Everything that servers can be asked about a VM. */
const VIEWS = [
  '',
  '/vcpus',
  '/events?limit=10000',
  '/violations',
  '/snapshots',
  '/digest',
  '/case',
];

async function expectAlike(apps: readonly FastifyInstance[], vm: string): Promise<void> {
  for (const view of VIEWS) {
    const told = await Promise.all(apps.map((app) => ask(app, 'GET', `/v1/vms/${vm}${view}`)));
    const [first, ...others] = told.map(({ status, json, headers }) => [
      status,
      json,
      headers.etag,
    ]);
    for (const other of others) expect([view, other]).toEqual([view, first]);
    expect([view, first?.[0]]).toEqual([view, 200]);
  }
}

async function portOf(app: FastifyInstance): Promise<number> {
  if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 });
  return (app.server.address() as AddressInfo).port;
}

/** Follows all VMs of a server. */
async function followAll(app: FastifyInstance) {
  const reader = await follow(await portOf(app), '/v1/events', NDJSON);
  const [hello] = await reader.arrived(1);
  expect([reader.status, hello?.type]).toEqual([200, 'hello']);
  const these = async (count: number, is: (frame: Frame) => boolean) => {
    while (reader.frames.filter(is).length < count) {
      const { length } = reader.frames;
      await reader.arrived(length + 1);
      expect(reader.frames.length).toBeGreaterThan(length);
    }
    return reader.frames.filter(is);
  };
  return {
    lives: (count: number) => these(count, ({ type }) => type === 'life'),
    records: (count: number) => these(count, ({ type }) => type === 'command' || type === 'event'),
  };
}

test('a VM that one server made is there on all, with what any of them does to it', async () => {
  const apps = await startSome(3);
  const [a, b, c] = apps as [FastifyInstance, FastifyInstance, FastifyInstance];
  const vm = await create(a);
  expect((await move(b, vm, '0x1000')).json.seq).toBe(1);
  const second = await move(c, vm, '0x2000');
  const third = await move(a, vm, '0x3000');
  expect(third.json.seq).toBe(second.json.seq + second.json.events.length + 1);
  await expectAlike(apps, vm);
  const lists = await Promise.all(apps.map((app) => ask(app, 'GET', '/v1/vms')));
  for (const { json } of lists) expect(json).toEqual(lists[0]?.json);
});

test('writes through all servers at once are each kept once, in one order', async () => {
  const apps = await startSome(3);
  const vm = await create(apps[0] as FastifyInstance);
  const values = Array.from({ length: 60 }, (_, i) => `0x${((i + 1) * 0x1000).toString(16)}`);
  const answers = await Promise.all(
    values.map((value, i) => move(apps[i % 3] as FastifyInstance, vm, value)),
  );
  const page = await ask(apps[1] as FastifyInstance, 'GET', `/v1/vms/${vm}/events?limit=10000`);
  const commands = page.json.events.filter(({ type }: Frame) => type === 'command');
  const places = new Map(commands.map(({ seq, command }: Frame) => [command.value, seq]));
  expect(commands).toHaveLength(60);
  for (const [i, { status, json }] of answers.entries()) {
    expect([status, json.detail, json.seq]).toEqual([200, undefined, places.get(values[i])]);
  }
  await expectAlike(apps, vm);
});

test('batches of several servers do not come between each other', async () => {
  const apps = await startSome(3);
  const vm = await create(apps[0] as FastifyInstance);
  const batchOf = (first: number) =>
    Array.from({ length: 20 }, (_, i) => ({
      ...{ kind: 'mov-cr3', vcpu: 0 },
      value: `0x${(first * 0x100000 + i * 0x1000).toString(16)}`,
    }));
  const answers = await Promise.all(
    Array.from({ length: 9 }, (_, i) =>
      ask(apps[i % 3] as FastifyInstance, 'POST', `/v1/vms/${vm}/commands`, batchOf(i + 1)),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(9).fill(200));
  const page = await ask(apps[2] as FastifyInstance, 'GET', `/v1/vms/${vm}/events?limit=10000`);
  const owners = page.json.events
    .filter(({ type }: Frame) => type === 'command')
    .map(({ command }: Frame) => Math.floor(Number(command.value) / 0x100000));
  const runs = owners.filter((owner: number, i: number) => owner !== owners[i - 1]);
  expect([owners.length, runs.length, new Set(runs).size]).toEqual([180, 9, 9]);
  await expectAlike(apps, vm);
});

test('labels, snapshots and forks of one server are those of all', async () => {
  const apps = await startSome(3);
  const [a, b, c] = apps as [FastifyInstance, FastifyInstance, FastifyInstance];
  const vm = await create(a, { tags: { suite: 'one' } });
  await expectAlike(apps, vm);
  await move(a, vm, '0x1000');
  expect((await ask(b, 'POST', `/v1/vms/${vm}/snapshots`, { name: 'first' })).status).toBe(201);
  expect((await ask(c, 'POST', `/v1/vms/${vm}/snapshots`, { name: 'first' })).json.code).toBe(
    'snapshot-exists',
  );
  await move(c, vm, '0x2000');
  expect((await ask(a, 'POST', `/v1/vms/${vm}/snapshots/first/restore`)).status).toBe(200);
  await expectAlike(apps, vm);
  await ask(c, 'PATCH', `/v1/vms/${vm}`, { name: 'named', tags: { suite: 'two' } });
  const found = await ask(b, 'GET', '/v1/vms?tag=suite:two');
  expect(found.json.vms.map(({ id, name }: Frame) => [id, name])).toEqual([[vm, 'named']]);
  expect((await ask(a, 'GET', '/v1/vms?tag=suite:one')).json.total).toBe(0);
  const fork = await ask(b, 'POST', `/v1/vms/${vm}/fork`, {});
  expect(fork.status).toBe(201);
  await expectAlike(apps, fork.json.id);
  expect((await ask(c, 'DELETE', `/v1/vms/${vm}/snapshots/first`)).status).toBe(204);
  expect((await ask(b, 'GET', `/v1/vms/${vm}/snapshots`)).json.snapshots).toEqual([]);
  await expectAlike(apps, vm);
});

test('a VM that one server deletes is gone on all', async () => {
  const apps = await startSome(3);
  const [a, b, c] = apps as [FastifyInstance, FastifyInstance, FastifyInstance];
  const vm = await create(a);
  await move(b, vm, '0x1000');
  const answers = await Promise.all([
    ask(c, 'DELETE', `/v1/vms/${vm}`),
    ...['0x2000', '0x3000', '0x4000'].map((value, i) =>
      move(apps[i] as FastifyInstance, vm, value),
    ),
  ]);
  expect(answers[0]?.status).toBe(204);
  for (const { status } of answers.slice(1)) expect([200, 404]).toContain(status);
  for (const app of apps) {
    expect((await ask(app, 'GET', `/v1/vms/${vm}`)).json.code).toBe('vm-not-found');
    expect((await ask(app, 'GET', '/v1/vms')).json.vms).toEqual([]);
  }
});

test('If-Match names a state that all servers know', async () => {
  const [a, b] = (await startSome(2)) as [FastifyInstance, FastifyInstance];
  const vm = await create(a);
  const { headers } = await move(b, vm, '0x1000');
  const given = { 'if-match': String(headers.etag) };
  const url = `/v1/vms/${vm}/vcpus/0/mov-cr3`;
  const both = await Promise.all([
    ask(a, 'POST', url, { value: '0x2000' }, given),
    ask(b, 'POST', url, { value: '0x3000' }, given),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
});

test('creations and deletions have one number on all servers', async () => {
  const memory = new SharedMemory();
  const early = [await start(memory), await start(memory)] as [FastifyInstance, FastifyInstance];
  const vms = await Promise.all([0, 1, 0, 1].map((i) => create(early[i] as FastifyInstance)));
  await ask(early[0], 'DELETE', `/v1/vms/${vms[1]}`);
  const late = await start(memory);
  const readers = await Promise.all([...early, late].map((app) => followAll(app)));
  await create(early[1]);
  await ask(late, 'DELETE', `/v1/vms/${vms[0]}`);
  const told = await Promise.all(readers.map(({ lives }) => lives(2)));
  expect(told[0]?.map(({ number, life }) => [number, life])).toEqual([
    [6, 'created'],
    [7, 'deleted'],
  ]);
  expect([told[1], told[2]]).toEqual([told[0], told[0]]);
});

test('a stream of one server shows what others do, once and in order', async () => {
  const apps = await startSome(2);
  const [a, b] = apps as [FastifyInstance, FastifyInstance];
  const vm = await create(a);
  const reader = await followAll(b);
  const values = Array.from({ length: 10 }, (_, i) => `0x${((i + 1) * 0x1000).toString(16)}`);
  for (const [i, value] of values.entries()) await move(apps[i % 2] as FastifyInstance, vm, value);
  const page = await ask(a, 'GET', `/v1/vms/${vm}/events?limit=10000`);
  expect(await reader.records(page.json.events.length)).toEqual(page.json.events);
});

test('a request with a key is carried out by one server, and answered alike by all', async () => {
  const apps = await startSome(3);
  const vm = await create(apps[0] as FastifyInstance);
  const url = `/v1/vms/${vm}/vcpus/0/mov-cr3`;
  const send = (app: FastifyInstance, value: string) =>
    ask(app, 'POST', url, { value }, { 'idempotency-key': 'key-1' });
  const answers = await Promise.all(apps.map((app) => send(app, '0x1000')));
  expect(answers.map(({ status, json }) => [status, json])).toEqual(
    Array(3).fill([200, answers[0]?.json]),
  );
  const replayed = answers.map(({ headers }) => headers['idempotency-replayed']);
  expect(replayed.filter((one) => one === 'true')).toHaveLength(2);
  expect((await send(apps[2] as FastifyInstance, '0x2000')).json.code).toBe(
    'idempotency-key-reused',
  );
  const { json } = await ask(apps[1] as FastifyInstance, 'GET', `/v1/vms/${vm}`);
  expect(json.seq).toBe(answers[0]?.json.seq + answers[0]?.json.events.length);
});

test('a stream of commands through one server is kept line by line beside writes of others', async () => {
  const apps = await startSome(2);
  const [a, b] = apps as [FastifyInstance, FastifyInstance];
  const vm = await create(a);
  const lines = Array.from({ length: 50 }, (_, i) =>
    JSON.stringify({ kind: 'mov-cr3', vcpu: 0, value: `0x${((i + 1) * 0x1000).toString(16)}` }),
  );
  const stream = fetch(`http://127.0.0.1:${await portOf(a)}/v1/vms/${vm}/commands`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: lines.join('\n'),
  });
  const others = await Promise.all(['0x900000', '0x901000'].map((value) => move(b, vm, value)));
  expect(others.map(({ status }) => status)).toEqual([200, 200]);
  const told = (await (await stream).text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const kept = told.filter(({ outcome }) => outcome !== undefined).map(({ seq }) => seq);
  const lost = told.find(({ code }) => code !== undefined);
  expect([undefined, 'journal-failed']).toContain(lost?.code);
  expect(kept).toHaveLength(lost?.line ?? 50);
  const page = await ask(b, 'GET', `/v1/vms/${vm}/events?limit=10000`);
  const found = page.json.events
    .filter(({ type, command }: Frame) => type === 'command' && Number(command.value) < 0x900000)
    .map(({ seq }: Frame) => seq);
  expect(found).toEqual(kept);
  await expectAlike(apps, vm);
});

test('a job of one server is shown and cancelled by any, and price lists are those of all', async () => {
  const apps = await startSome(2);
  const [a, b] = apps as [FastifyInstance, FastifyInstance];
  const race = {
    source: { kind: 'workload', name: 'kpti', seed: 3, parameters: { commands: 300 } },
    policies: ['mainline', 'need-sync'],
  };
  const started = await ask(a, 'POST', '/v1/races', race, { prefer: 'wait=30' });
  expect(started.json.detail).toBe(undefined);
  const url = `/v1/jobs/${started.json.id}`;
  const told = await Promise.all(apps.map((app) => ask(app, 'GET', url)));
  expect(told.map(({ status, json }) => [status, json])).toEqual(
    Array(2).fill([200, started.json]),
  );
  expect((await ask(b, 'DELETE', url)).status).toBe(204);
  for (const app of apps) expect((await ask(app, 'GET', url)).json.code).toBe('job-not-found');
  expect((await ask(a, 'POST', '/v1/price-lists', PRICE_FILE)).status).toBe(201);
  const names = async (app: FastifyInstance) =>
    (await ask(app, 'GET', '/v1/price-lists')).json.priceLists.map(({ name }: Frame) => name);
  expect(await names(b)).toEqual(await names(a));
  expect(await names(b)).toContain(PRICE_FILE.name);
  expect((await ask(b, 'DELETE', `/v1/price-lists/${PRICE_FILE.name}`)).status).toBe(204);
  expect(await names(a)).not.toContain(PRICE_FILE.name);
});

test('a VM that cannot be read to its end when it is woken is made again by the next request', async () => {
  const memory = new SharedMemory();
  const a = await start(memory);
  const vm = await create(a);
  await move(a, vm, '0x1000');
  const journal = memory.open();
  const { read } = journal;
  let reads = 0;
  journal.read = async function* (id, from) {
    reads += 1;
    if (reads === 2) throw new NotWritten('nobody answers', false);
    yield* read(id, from);
    // While it is woken, another server writes to it.
    if (reads === 1) await move(a, vm, '0x2000');
  };
  const b = await startApp({ journal, epoch: 'shared', ids: undefined });
  await ask(b, 'GET', `/v1/vms/${vm}`);
  await expectAlike([a, b], vm);
  expect(reads).toBe(3);
});
