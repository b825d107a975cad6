import type { FastifyInstance } from 'fastify';
import { describe, expect, test } from 'vitest';
import { PRICE_NAMES } from '../../src/lab/index.js';
import { DEFAULT_LIMITS, VERSION } from '../../src/server/index.js';
import { Jobs } from '../../src/server/jobs/jobs.js';
import { ask, type Frame, plainIds, startApp } from './start.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const WAIT = { ...JSON_TYPE, prefer: 'wait=60' };

const KPTI = { kind: 'workload', name: 'kpti', seed: 3, parameters: { commands: 300 } };
/** More than is done before it is cancelled. */
const LONG = { ...KPTI, parameters: { commands: 400_000 } };
const TWO = ['mainline', 'need-sync'];

function race(app: FastifyInstance, body: object, headers: Record<string, string> = JSON_TYPE) {
  return ask(app, 'POST', '/v1/races', JSON.stringify(body), headers);
}

async function result(app: FastifyInstance, body: object): Promise<Frame> {
  const { status, json } = await race(app, body, WAIT);
  expect([status, json.state, json.problem]).toEqual([200, 'done', null]);
  return json.result;
}

describe('a race', () => {
  test('is a job, whose end can be waited for', async () => {
    const app = await startApp();
    const begun = await race(app, { source: KPTI, policies: TWO });
    expect([begun.status, begun.headers.location]).toEqual([202, '/v1/jobs/job-1']);
    expect(begun.json).toMatchObject({
      id: 'job-1',
      kind: 'race',
      progress: { done: 0, total: 300 },
      result: null,
    });
    const ended = await ask(app, 'GET', '/v1/jobs/job-1', undefined, { prefer: 'wait=60' });
    expect([ended.status, ended.headers['preference-applied']]).toEqual([200, 'wait=60']);
    expect(ended.json).toMatchObject({ state: 'done', progress: { done: 300, total: 300 } });
    expect(ended.json.result.lanes.map(({ name }: Frame) => name)).toEqual(TWO);
    const list = await ask(app, 'GET', '/v1/jobs');
    const { result: _, ...summary } = ended.json;
    expect(list.json).toEqual({ jobs: [summary], next: null });
  });

  test('is answered with its result where the client waits for it', async () => {
    const app = await startApp();
    const { status, json, headers } = await race(app, { source: KPTI, policies: TWO }, WAIT);
    expect([status, headers['preference-applied'], json.state]).toEqual([200, 'wait=60', 'done']);
    expect(json.result).toMatchObject({ version: VERSION, commands: 300, source: KPTI });
    expect(json.result.verdict).toContain('--workload kpti --seed 3 --commands 300');
  });

  test('comes out the same from a workload, its commands, and the VM that ran them', async () => {
    const app = await startApp();
    const made = await ask(app, 'GET', '/v1/workloads/kpti?seed=3&commands=300');
    const { config, commands } = made.json;
    const source = { kind: 'commands', config, commands };
    const fromCommands = await result(app, { source, policies: TWO });
    const fromWorkload = await result(app, { source: KPTI, policies: TWO });
    const vm = await ask(app, 'POST', '/v1/vms', JSON.stringify(config), JSON_TYPE);
    await ask(app, 'POST', `/v1/vms/${vm.json.id}/commands`, JSON.stringify(commands), JSON_TYPE);
    const fromVm = await result(app, { source: { kind: 'vm', vm: vm.json.id }, policies: TWO });
    expect(fromCommands.lanes).toEqual(fromWorkload.lanes);
    expect(fromVm.lanes).toEqual(fromWorkload.lanes);
    expect(fromVm.partings).toEqual(fromWorkload.partings);
    expect(fromVm.source.kind).toBe('vm');
    const half = await result(app, { source: { ...fromVm.source, seq: 1 }, policies: TWO });
    expect(half.commands).toBe(1);
  });

  test('has a lane for every policy, number of slots and kernel', async () => {
    const app = await startApp();
    const { lanes, bounds } = await result(app, {
      source: KPTI,
      policies: TWO,
      prevRoots: [1, 3],
      kernels: ['6.1', '7.3'],
    });
    expect(lanes.map(({ name }: Frame) => name)).toEqual([
      'mainline/1@6.1',
      'need-sync/1@6.1',
      'mainline/3@6.1',
      'need-sync/3@6.1',
      'mainline/1@7.3',
      'need-sync/1@7.3',
      'mainline/3@7.3',
      'need-sync/3@7.3',
    ]);
    expect(bounds).toHaveLength(4);
  });

  test('takes other costs than the published ones', async () => {
    const app = await startApp();
    const { json } = await ask(app, 'GET', '/v1/cost-model');
    expect(json.parameters.map(({ name }: Frame) => name)).toEqual(PRICE_NAMES);
    expect(json.parameters.find(({ name }: Frame) => name === 'exit').cost).toBe(1150);
    const costs = Object.fromEntries(PRICE_NAMES.map((name) => [name, name === 'exit' ? 2 : 0]));
    const { lanes } = await result(app, { source: KPTI, policies: ['mainline'], costs });
    const [{ cost, counters }] = lanes;
    expect(cost.total).toBe(2 * counters.exits);
    expect(cost.parts.exit).toBe(cost.total);
  });

  test.each([
    ['400', 'invalid-request', { source: { ...KPTI, name: 'nope' } }, {}],
    ['400', 'invalid-request', { source: KPTI, policies: [] }, {}],
    ['400', 'invalid-request', { source: KPTI, policies: 'all', prevRoots: [0, 1, 2, 3, 4] }, {}],
    ['400', 'invalid-request', { source: { ...KPTI, parameters: { processes: 1000 } } }, {}],
    ['400', 'invalid-request', { source: { kind: 'vm', vm: 'vm-1', seq: 9 } }, {}],
    ['404', 'vm-not-found', { source: { kind: 'vm', vm: 'vm-9' } }, {}],
    ['413', 'job-too-long', { source: { ...KPTI, parameters: { commands: 900_000 } } }, {}],
    ['415', 'unsupported-media-type', {}, { 'content-type': 'text/plain' }],
    ['403', 'origin-refused', {}, { origin: 'https://evil.test' }],
  ] as const)('is refused with %s %s', async (status, code, body, headers) => {
    const app = await startApp();
    await ask(app, 'POST', '/v1/vms', '{}', JSON_TYPE);
    const answer = await race(app, body, { ...JSON_TYPE, ...headers });
    expect([String(answer.status), answer.json.code]).toEqual([status, code]);
    expect((await ask(app, 'GET', '/v1/jobs')).json.jobs).toEqual([]);
  });

  test('of a VM whose beginning is not known is refused', async () => {
    const app = await startApp({ limits: { historyRecordsPerVm: 64 } });
    await ask(app, 'POST', '/v1/vms', '{}', JSON_TYPE);
    const commands = Array.from({ length: 200 }, (_, i) => ({
      kind: 'mov-cr3',
      vcpu: 0,
      value: `0x${(i + 1).toString(16)}000`,
    }));
    await ask(app, 'POST', '/v1/vms/vm-1/commands', JSON.stringify(commands), JSON_TYPE);
    const { status, json } = await race(app, { source: { kind: 'vm', vm: 'vm-1' } });
    expect([status, json.code]).toEqual([410, 'events-expired']);
  });
});

describe('a job', () => {
  test('is cancelled and forgotten; whoever waits is told', async () => {
    const app = await startApp();
    await race(app, { source: LONG, policies: TWO });
    const waiting = ask(app, 'GET', '/v1/jobs/job-1', undefined, { prefer: 'wait=60' });
    await ask(app, 'GET', '/v1/jobs/job-1');
    expect((await ask(app, 'DELETE', '/v1/jobs/job-1')).status).toBe(204);
    expect((await waiting).json).toMatchObject({ state: 'cancelled', result: null });
    const again = await ask(app, 'DELETE', '/v1/jobs/job-1');
    expect([again.status, again.json.code]).toEqual([404, 'job-not-found']);
    expect((await ask(app, 'GET', '/v1/jobs/job-1')).status).toBe(404);
  });

  test('lets others be served while it runs', async () => {
    const app = await startApp();
    await race(app, { source: LONG, policies: TWO });
    for (let i = 0; i < 20; i += 1) expect((await ask(app, 'GET', '/healthz')).status).toBe(200);
    const { json } = await ask(app, 'GET', '/v1/jobs/job-1');
    expect(json.state).toBe('running');
    await ask(app, 'DELETE', '/v1/jobs/job-1');
  });

  test('is not started while too many are not done', async () => {
    const app = await startApp({ limits: { jobs: 2, jobsRunning: 1 } });
    for (const state of ['running', 'queued']) {
      expect((await race(app, { source: LONG, policies: TWO })).json.state).toBe(state);
    }
    const refused = await race(app, { source: KPTI });
    expect([refused.status, refused.json.code]).toEqual([429, 'job-limit-reached']);
    await ask(app, 'DELETE', '/v1/jobs/job-1');
    expect((await ask(app, 'GET', '/v1/jobs/job-2')).json.state).toBe('running');
    expect((await race(app, { source: KPTI, policies: TWO })).status).toBe(202);
    await ask(app, 'DELETE', '/v1/jobs/job-2');
  });

  test('waits for nobody where too many wait', async () => {
    const app = await startApp({ limits: { waits: 0 } });
    await race(app, { source: LONG, policies: TWO });
    const prefer = { prefer: 'wait=1' };
    const answer = await ask(app, 'GET', '/v1/jobs/job-1', undefined, prefer);
    expect([answer.status, answer.json.code]).toEqual([429, 'wait-limit-reached']);
    await ask(app, 'DELETE', '/v1/jobs/job-1');
  });

  test('fails alone where its machines take too much room', async () => {
    const app = await startApp({ limits: { jobPages: 10 } });
    const { status, json } = await race(app, { source: KPTI, policies: TWO }, WAIT);
    expect([status, json.state, json.problem.code]).toEqual([
      200,
      'failed',
      'memory-limit-reached',
    ]);
    expect(json.problem.status).toBe(429);
  });

  test('is kept for as long, and as many, as the bounds say', async () => {
    const app = await startApp({ limits: { jobsKept: 2 } });
    for (let i = 0; i < 4; i += 1) await race(app, { source: KPTI, policies: ['mainline'] }, WAIT);
    const ids = async (query = '') =>
      (await ask(app, 'GET', `/v1/jobs${query}`)).json.jobs.map(({ id }: Frame) => id);
    expect(await ids()).toEqual(['job-3', 'job-4']);
    const { json } = await ask(app, 'GET', '/v1/jobs?limit=1');
    expect([json.jobs[0].id, json.next]).toEqual(['job-3', '3']);
    expect(await ids('?cursor=3')).toEqual(['job-4']);
    const brief = await startApp({ limits: { jobKeptMs: -1 } });
    await race(brief, { source: KPTI, policies: ['mainline'] }, WAIT);
    expect((await ask(brief, 'GET', '/v1/jobs/job-1')).json.code).toBe('job-not-found');
  });

  test('is counted', async () => {
    const app = await startApp();
    await race(app, { source: KPTI, policies: ['mainline'] }, WAIT);
    const metrics = (await ask(app, 'GET', '/metrics')).json;
    expect(metrics).toContain('mmulab_jobs{state="done"} 1');
    expect(metrics).toContain('mmulab_jobs_ended_total{state="done"} 1');
  });

  test('is refused where its name is none', async () => {
    const app = await startApp();
    expect((await ask(app, 'GET', '/v1/jobs/nope')).status).toBe(400);
    expect((await ask(app, 'GET', '/v1/jobs?limit=0')).status).toBe(400);
  });

  test('that fails through an error of ours says no more than that', async () => {
    const app = await startApp();
    const jobs = new Jobs({ limits: DEFAULT_LIMITS, log: app.log, ids: plainIds, now: Date.now });
    const steps = (function* () {
      yield 1;
      throw new Error('a secret');
    })();
    const job = jobs.start('race', { total: 2, steps, pages: () => 0 });
    await jobs.settled(job, 10_000, new AbortController().signal);
    expect([job.state, job.done, job.problem?.code]).toEqual(['failed', 1, 'internal']);
    expect(job.problem?.detail).not.toContain('secret');
  });
});
