import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { expect, test } from 'vitest';
import { MemoryJournal } from '../../src/journal/log/index.js';
import { workloadOf } from '../../src/lab/index.js';
import { buildApp } from '../../src/server/index.js';
import { PRICE_FILE } from './price-file.js';
import { ask, type Frame, plainIds, startApp } from './start.js';

const OPTIONS = { epoch: 'test', ids: plainIds, limits: { eventLoopDelayMs: 0 } };

/** An app on a journal that an app before it wrote. */
async function startOn(journal: MemoryJournal): Promise<FastifyInstance> {
  return await startApp({ ...OPTIONS, journal, epoch: 'other' });
}

const TRACE = readFileSync(
  new URL(
    '../../conformance/kvm-traces/linux-6.1/vmx_shadow/p5_unsync.plain.txt.gz',
    import.meta.url,
  ),
);

const KEY = { 'idempotency-key': 'key-1' };

/** Everything that can be asked about a VM. */
const VIEWS = [
  '',
  '/vcpus',
  '/vcpus/0/tlb',
  '/events?limit=10000',
  '/violations',
  '/snapshots',
  '/digest',
  '/timeline',
  '/ledger',
  '/shadow-pages',
  '/case',
];

async function viewsOf(app: FastifyInstance, vm: string): Promise<Frame> {
  const views: Frame = {};
  for (const view of VIEWS) {
    const { status, json, headers } = await ask(app, 'GET', `/v1/vms/${vm}${view}`);
    views[view] = { status, json, etag: headers.etag };
  }
  return views;
}

/** Runs what happens, and compares all that an app tells before and after a restart. */
async function survives(
  happen: (app: FastifyInstance) => Promise<unknown>,
  vm = 'vm-1',
): Promise<void> {
  const journal = new MemoryJournal();
  const app = await startApp({ ...OPTIONS, journal });
  await happen(app);
  const before = await viewsOf(app, vm);
  const list = await ask(app, 'GET', '/v1/vms');
  await app.close();
  const again = await startOn(journal);
  expect((await ask(again, 'GET', '/v1/vms')).json).toEqual(list.json);
  for (const [view, told] of Object.entries(await viewsOf(again, vm))) {
    expect([view, told]).toEqual([view, before[view]]);
  }
}

async function run(app: FastifyInstance, name: 'pcid-churn' | 'nested-invept', commands: number) {
  const workload = workloadOf(name);
  const parameters = { commands };
  const list = [...workload.commandsOf(parameters, 1)];
  const made = await ask(app, 'GET', `/v1/workloads/${name}?commands=${commands}&seed=1`);
  const { config, commands: wire } = made.json;
  const { json } = await ask(app, 'POST', '/v1/vms', config);
  for (let i = 0; i < list.length; i += 1000) {
    const answer = await ask(app, 'POST', `/v1/vms/${json.id}/commands`, wire.slice(i, i + 1000));
    expect(answer.status).toBe(200);
  }
  return json.id as string;
}

test('a VM without commands is what it was', async () => {
  await survives((app) =>
    ask(app, 'POST', '/v1/vms', {
      name: 'a case',
      tags: { suite: 'x' },
      ttlSeconds: 600,
      vcpus: 2,
    }),
  );
});

test.each(['pcid-churn', 'nested-invept'] as const)('a VM of %s is what it was', async (name) => {
  await survives((app) => run(app, name, 500));
});

test('a VM with checkpoints is what it was, history and all', async () => {
  await survives((app) => run(app, 'pcid-churn', 5000));
});

test('a VM of a trace is what it was, and how sure each command is', async () => {
  const journal = new MemoryJournal();
  const app = await startApp({ ...OPTIONS, journal });
  const bytes = { 'content-type': 'application/octet-stream' };
  await ask(app, 'POST', '/v1/traces?policy=mainline&name=p5', TRACE, bytes);
  await ask(app, 'GET', '/v1/jobs/job-1', undefined, { prefer: 'wait=60' });
  await ask(app, 'POST', '/v1/traces/job-1/vms', { name: 'p5' });
  const paths = ['', '/trace', '/trace?after=200&limit=20', '/events?limit=10000'];
  const told = async (one: FastifyInstance) =>
    Promise.all(paths.map(async (path) => (await ask(one, 'GET', `/v1/vms/vm-1${path}`)).json));
  const before = await told(app);
  expect(before[1]?.commands).toHaveLength(125);
  await app.close();
  const again = await startOn(journal);
  expect(await told(again)).toEqual(before);
});

test('the result of a trace is what it was: its verdict, its reports, and VMs that are made of it', async () => {
  const journal = new MemoryJournal();
  const app = await startApp({ ...OPTIONS, journal });
  const bytes = { 'content-type': 'application/octet-stream' };
  await ask(app, 'POST', '/v1/traces?policy=mainline&name=p5', TRACE, bytes);
  const told = async (one: FastifyInstance) => {
    const { json } = await ask(one, 'GET', '/v1/jobs/job-1', undefined, { prefer: 'wait=60' });
    const forms = ['text', 'html', 'json', 'perfetto', 'itf', 'csv'];
    const reports = await Promise.all(
      forms.map((form) => one.inject(`/v1/traces/job-1/report?as=${form}`)),
    );
    expect(reports.map(({ statusCode }) => statusCode)).toEqual(forms.map(() => 200));
    return [json, ...reports.map(({ payload }) => payload)];
  };
  const before = await told(app);
  expect(before[0].state).toBe('done');
  await app.close();
  const again = await startOn(journal);
  expect(await told(again)).toEqual(before);
  expect((await ask(again, 'POST', '/v1/traces/job-1/vms', {})).status).toBe(201);
  expect((await ask(again, 'GET', '/v1/vms/vm-1/trace')).json.commands).toHaveLength(125);
  await again.close();
  // Without one of its pieces it has not ended.
  await journal.remove('jobs', 'job-1/0');
  const torn = await startOn(journal);
  const { json: job } = await ask(torn, 'GET', '/v1/jobs/job-1');
  expect([job.state, job.result, job.problem.detail]).toEqual([
    'failed',
    null,
    'Cannot finish "job-1": the server ended before it was done; start the job again',
  ]);
  // Nothing is left of a job that is deleted.
  expect((await ask(torn, 'DELETE', '/v1/jobs/job-1')).status).toBe(204);
  await torn.close();
  const left: string[] = [];
  for await (const { key } of journal.values('jobs')) left.push(key);
  expect(left).toEqual(['#']);
});

test('a VM that was taken back, relabelled and has snapshots is what it was', async () => {
  await survives(async (app) => {
    const vm = `/v1/vms/${await run(app, 'nested-invept', 50)}`;
    await ask(app, 'POST', `${vm}/snapshots`, { name: 'one' });
    await ask(app, 'POST', `${vm}/vcpus/0/mov-cr3`, { value: '0x5000' });
    await ask(app, 'POST', `${vm}/snapshots`, { name: 'gone' });
    await ask(app, 'DELETE', `${vm}/snapshots/gone`);
    expect((await ask(app, 'POST', `${vm}/snapshots/one/restore`)).status).toBe(200);
    await ask(app, 'POST', `${vm}/vcpus/0/mov-cr3`, { value: '0x6000' });
    await ask(app, 'PATCH', vm, { name: 'renamed', tags: { a: 'b' } });
    expect((await ask(app, 'POST', `${vm}/reset`)).status).toBe(200);
    await ask(app, 'POST', `${vm}/vcpus/0/mov-cr3`, { value: '0x7000' });
    await ask(app, 'POST', `${vm}/snapshots`, { name: 'two' });
  });
});

test('a fork is what it was, with and without changes', async () => {
  for (const body of [{}, { policy: 'need-sync' }, { seq: 100 }]) {
    await survives(async (app) => {
      const id = await run(app, 'nested-invept', 100);
      expect((await ask(app, 'POST', `/v1/vms/${id}/fork`, body)).status).toBe(201);
      await ask(app, 'POST', '/v1/vms/vm-2/vcpus/0/mov-cr3', { value: '0x5000' });
    }, 'vm-2');
  }
});

test('a race beside a VM goes on', async () => {
  const journal = new MemoryJournal();
  const app = await startApp({ ...OPTIONS, journal });
  await ask(app, 'POST', '/v1/vms', { lanes: [{ policy: 'need-sync' }] });
  for (const value of ['0x1000', '0x2000', '0x1000']) {
    await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/mov-cr3', { value });
  }
  const { json } = await ask(app, 'GET', '/v1/vms/vm-1/race');
  await app.close();
  const again = await startOn(journal);
  expect((await ask(again, 'GET', '/v1/vms/vm-1/race')).json).toEqual(json);
});

test('a deleted VM stays deleted, and no id is given twice', async () => {
  const journal = new MemoryJournal();
  const app = await startApp({ ...OPTIONS, journal });
  for (const _ of [1, 2, 3]) await ask(app, 'POST', '/v1/vms', {});
  await ask(app, 'DELETE', '/v1/vms/vm-3');
  await app.close();
  const again = await startOn(journal);
  expect((await ask(again, 'GET', '/v1/vms/vm-3')).status).toBe(404);
  expect((await ask(again, 'DELETE', '/v1/vms/vm-2')).status).toBe(204);
  expect((await ask(again, 'POST', '/v1/vms', {})).json.id).toBe('vm-4');
  const { json } = await ask(again, 'GET', '/v1/vms');
  expect(json.vms.map(({ id }: Frame) => id)).toEqual(['vm-1', 'vm-4']);
});

test('a VM that goes on after a restart tells the same as one that had none', async () => {
  const digests: string[] = [];
  for (const isRestarted of [false, true]) {
    const journal = new MemoryJournal();
    let app = await buildApp({ ...OPTIONS, journal });
    const id = await run(app, 'pcid-churn', 1500);
    if (isRestarted) {
      await app.close();
      app = await buildApp({ ...OPTIONS, journal });
    }
    const made = await ask(app, 'GET', '/v1/workloads/pcid-churn?commands=1600&seed=1');
    const rest = made.json.commands.slice(1500);
    const answer = await ask(app, 'POST', `/v1/vms/${id}/commands?events=true`, rest);
    const digest = await ask(app, 'GET', `/v1/vms/${id}/digest`);
    digests.push(JSON.stringify([answer.json, digest.json]));
    await app.close();
  }
  expect(digests[1]).toBe(digests[0]);
});

test('a request that was answered is not done again after a restart', async () => {
  const journal = new MemoryJournal();
  const app = await startApp({ ...OPTIONS, journal });
  await ask(app, 'POST', '/v1/vms', {});
  const again = (on: FastifyInstance) =>
    ask(on, 'POST', '/v1/vms/vm-1/vcpus/0/mov-cr3', { value: '0x5000' }, KEY);
  const first = await again(app);
  await app.close();
  const later = await startOn(journal);
  const second = await again(later);
  expect([second.json, second.headers['idempotency-replayed']]).toEqual([first.json, 'true']);
  expect((await ask(later, 'GET', '/v1/vms/vm-1')).headers.etag).toBe(first.headers.etag);
});

test('a request that was cut off is not done again either', async () => {
  const journal = new MemoryJournal();
  const app = await startApp({ ...OPTIONS, journal });
  await ask(app, 'POST', '/v1/vms', {});
  await app.close();
  const request = { request: 'another', answer: null, at: Date.now() };
  const key = createHash('sha256').update(' key-1').digest('base64');
  await journal.put('answers', key, new TextEncoder().encode(JSON.stringify(request)));
  const later = await startOn(journal);
  const { status } = await ask(later, 'POST', '/v1/vms/vm-1/reset', {}, KEY);
  expect(status).toBe(422);
});

test('jobs that ended are there, and one that did not says why', async () => {
  const journal = new MemoryJournal();
  const app = await startApp({
    ...OPTIONS,
    journal,
    limits: { jobSliceMs: 1, eventLoopDelayMs: 0 },
  });
  const race = { source: { kind: 'workload', name: 'kpti', parameters: { commands: 50 } } };
  const made = await ask(app, 'POST', '/v1/races', race);
  const done = await ask(app, 'GET', `/v1/jobs/${made.json.id}`, undefined, { prefer: 'wait=60' });
  expect(done.json.state).toBe('done');
  const kept = await journalOf(journal, 'jobs', 'job-1');
  const running = {
    ...kept,
    id: 'job-2',
    number: 2,
    state: 'running',
    endedAt: null,
    result: null,
  };
  await journal.put('jobs', 'job-2', new TextEncoder().encode(JSON.stringify(running)));
  await app.close();
  const again = await startOn(journal);
  expect((await ask(again, 'GET', `/v1/jobs/${made.json.id}`)).json).toEqual(done.json);
  const { json } = await ask(again, 'GET', '/v1/jobs/job-2');
  expect([json.state, json.problem.detail]).toEqual([
    'failed',
    'Cannot finish "job-2": the server ended before it was done; start the job again',
  ]);
  // Its answer waits until the job is gone from the journal, and is sent once.
  expect((await ask(again, 'DELETE', '/v1/jobs/job-2')).status).toBe(204);
  expect((await ask(again, 'GET', '/v1/jobs/job-2')).status).toBe(404);
});

test('price lists are there after a restart', async () => {
  const journal = new MemoryJournal();
  const app = await startApp({ ...OPTIONS, journal });
  const given = await ask(app, 'POST', '/v1/price-lists', PRICE_FILE);
  expect(given.status).toBe(201);
  await app.close();
  const again = await startOn(journal);
  expect((await ask(again, 'GET', '/v1/price-lists/my-host')).json).toEqual(given.json);
});

async function journalOf(journal: MemoryJournal, room: string, key: string): Promise<Frame> {
  for await (const { key: found, value } of journal.values(room)) {
    if (found === key) return JSON.parse(new TextDecoder().decode(value));
  }
  throw new Error(`No ${key}`);
}
