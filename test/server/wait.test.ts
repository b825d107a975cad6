import type { FastifyInstance } from 'fastify';
import { expect, test } from 'vitest';
import { ask, listen, shareApp, startApp } from './start.js';

/** For refusals, which leave it as it was. */
const shared = shareApp((app) => ask(app, 'POST', '/v1/vms'));

const WAIT = '/v1/vms/vm-1/wait';
const LOAD = '/v1/vms/vm-1/vcpus/0/load-root';
const pending = { path: '/requests', op: 'contains', value: 'MMU_SYNC' };

/** Requests are taken in turn: once this one is answered, those before it wait. */
const begun = (app: FastifyInstance) => ask(app, 'GET', '/v1/vms/vm-1');

async function withVm(limits = {}) {
  const app = await startApp({ limits });
  await ask(app, 'POST', '/v1/vms');
  return app;
}

test('a wait ends with the first event that fits', async () => {
  const app = await withVm();
  const waiting = ask(app, 'GET', `${WAIT}?kind=root-missed&vcpu=0`);
  await begun(app);
  await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/enter');
  const { json: loaded } = await ask(app, 'POST', LOAD, { pgd: '0x1000' });
  const { status, json } = await waiting;
  const frame = loaded.events.find(
    ({ event }: { event: { kind: string } }) => event.kind === 'root-missed',
  );
  expect([status, json.met, json.reason, json.frame]).toEqual([200, true, 'met', frame]);
  expect(json.nearest).toEqual({ frame: null, state: null });
});

test('a wait may look behind a sequence number, and then ends at once', async () => {
  const app = await withVm();
  await ask(app, 'POST', LOAD, { pgd: '0x1000' });
  const { json } = await ask(app, 'GET', `${WAIT}?kind=command&after=0`);
  expect([json.met, json.frame.seq]).toEqual([true, 1]);
});

test('at the deadline a wait says what came nearest', async () => {
  const app = await withVm();
  await ask(app, 'POST', LOAD, { pgd: '0x1000' });
  const where = [{ path: '/event/pgd', value: '0x2000' }];
  const { status, json } = await ask(app, 'POST', WAIT, {
    until: { on: 'event', match: { kind: ['root-missed'], where }, after: 0 },
    timeoutMs: 1,
  });
  expect([status, json.met, json.reason, json.frame]).toEqual([200, false, 'timeout', null]);
  expect([json.nearest.frame.frame.event.kind, json.nearest.frame.failed]).toEqual([
    'root-missed',
    [],
  ]);
  expect(json.nearest.frame.checks).toEqual([
    { path: '/event/pgd', op: 'eq', value: '"0x2000"', found: '"0x1000"', holds: false },
  ]);
});

test('a wait ends when a condition on the state holds', async () => {
  const app = await withVm();
  const until = { on: 'state', vcpu: 0, where: [pending] };
  const waiting = ask(app, 'POST', WAIT, { until });
  await begun(app);
  await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/make-request', { request: 'MMU_SYNC' });
  const { json } = await waiting;
  expect([json.met, json.frame]).toEqual([true, null]);
  const late = await ask(app, 'POST', WAIT, {
    until: { ...until, where: [pending, { path: '/cr3', op: 'gt', value: '0xfff' }] },
    timeoutMs: 0,
  });
  expect(late.json.nearest.state.checks).toEqual([
    { ...pending, value: '"MMU_SYNC"', found: '["MMU_SYNC"]', holds: true },
    { path: '/cr3', op: 'gt', value: '"0xfff"', found: '"0x0"', holds: false },
  ]);
});

/** Holds in part once CR3 is not 0, and never as a whole. */
const neverWhole = {
  on: 'state',
  vcpu: 0,
  where: [
    { path: '/cr3', op: 'gt', value: '0xfff' },
    { path: '/cr3', value: '0xdead000' },
  ],
};

test('of states that come equally near the newest is shown, and none that is further off', async () => {
  const app = await withVm();
  const waiting = ask(app, 'POST', WAIT, { until: neverWhole });
  await begun(app);
  let nearest = 0;
  for (const pgd of ['0x1000', '0x2000', '0x3000']) nearest = (await loaded(app, pgd)).seq;
  await loaded(app, '0x0');
  await ask(app, 'DELETE', '/v1/vms/vm-1');
  const { state } = (await waiting).json.nearest;
  expect([state.seq, state.checks[1].found]).toEqual([nearest, '"0x3000"']);
});

test('of frames that come equally near the newest is shown', async () => {
  const app = await withVm();
  for (const pgd of ['0x1000', '0x2000', '0x3000']) await loaded(app, pgd);
  const where = [{ path: '/event/pgd', value: '0xdead000' }];
  const until = { on: 'event', match: { kind: ['root-missed'], where }, after: 0 };
  const { json } = await ask(app, 'POST', WAIT, { until, timeoutMs: 0 });
  expect(json.nearest.frame.frame.event.pgd).toBe('0x3000');
});

test('the nearest frame is one that was waited for', async () => {
  const app = await withVm();
  const { json: load } = await ask(app, 'POST', LOAD, { pgd: '0x1000' });
  const missed = load.events.find((one: { event: { kind: string } }) => {
    return one.event.kind === 'root-missed';
  });
  const where = [{ path: '/event/pgd', value: '0xdead000' }];
  const nearestAfter = async (after: number) => {
    const until = { on: 'event', match: { kind: ['root-missed'], where }, after };
    const { json } = await ask(app, 'POST', WAIT, { until, timeoutMs: 0 });
    return json.nearest.frame?.frame.seq ?? null;
  };
  expect(await nearestAfter(missed.seq - 1)).toBe(missed.seq);
  expect(await nearestAfter(missed.seq)).toBe(null);
});

/** The answer to a load, with the number of the last thing that happened. */
async function loaded(app: FastifyInstance, pgd: string): Promise<{ seq: number }> {
  const { json } = await ask(app, 'POST', LOAD, { pgd });
  return { seq: json.events.at(-1)?.seq ?? json.seq };
}

test('a wait ends with its VM', async () => {
  const app = await withVm();
  const waiting = ask(app, 'GET', WAIT);
  await begun(app);
  await ask(app, 'DELETE', '/v1/vms/vm-1');
  expect((await waiting).json).toMatchObject({ met: false, reason: 'vm-deleted' });
});

test('a wait is refused with the server closing, and when too many wait', async () => {
  const app = await withVm({ waits: 1 });
  const waiting = ask(app, 'GET', WAIT);
  await begun(app);
  const second = await ask(app, 'GET', WAIT);
  expect([second.status, second.json.code]).toEqual([429, 'wait-limit-reached']);
  await app.close();
  const { status, json } = await waiting;
  expect([status, json.code]).toEqual([503, 'not-ready']);
});

test('a client that goes gives its place free', async () => {
  const { app, port } = await listen({ limits: { waits: 1 } });
  await ask(app, 'POST', '/v1/vms');
  const client = new AbortController();
  const { signal } = client;
  const wait = async () => (await fetch(`http://127.0.0.1:${port}${WAIT}`, { signal })).status;
  // It may come while the place is looked for below, and then asks again.
  const waiting = (async () => {
    while ((await wait()) === 429);
    return 'answered';
  })().catch(() => 'gone');
  const statusOf = async () => (await ask(app, 'GET', `${WAIT}?timeoutMs=1`)).status;
  await expect.poll(statusOf).toBe(429);
  client.abort();
  expect(await waiting).toBe('gone');
  await expect.poll(statusOf).toBe(200);
});

test('a wait for what may have gone by is refused', async () => {
  const app = await withVm({ historyRecordsPerVm: 256 });
  const batch = Array.from({ length: 400 }, (_, i) => ({
    kind: 'load-root',
    vcpu: 0,
    pgd: `0x${1 + (i % 7)}000`,
  }));
  await ask(app, 'POST', '/v1/vms/vm-1/commands', batch);
  const { status, json } = await ask(app, 'GET', `${WAIT}?after=1`);
  expect([status, json.code]).toEqual([410, 'events-expired']);
  const body = { until: { on: 'event', after: 1 } };
  expect((await ask(app, 'POST', WAIT, body)).status).toBe(410);
});

const state = (where: object[], vcpu = 0) => ({ until: { on: 'state', vcpu, where } });

test.each([
  [state([{ path: '/nope', value: 1 }]), '/until/where/0/path'],
  [state([pending, { path: '/requests', op: 'contains', value: 'X' }]), '/until/where/1/value'],
  [state([{ path: '/cr3', op: 'contains', value: '0x0' }]), '/until/where/0/op'],
  [state([{ path: '/mode', op: 'lt', value: 'host' }]), '/until/where/0/op'],
  [state([{ path: '/cr3', value: 'zero' }]), '/until/where/0/value'],
  [state([]), '/until/where'],
  [{ until: { on: 'event', after: 9 } }, '/until/after'],
  [{ until: { on: 'event', match: { nope: 1 } } }, '/until/match/nope'],
  [{ until: { on: 'event' }, timeoutMs: 60_001 }, '/timeoutMs'],
])('a wait with %o is refused at %s', async (body, path) => {
  const app = await shared();
  const { status, json } = await ask(app, 'POST', WAIT, body);
  expect([status, json.code, json.errors[0].path]).toEqual([400, 'invalid-request', path]);
});

test('a wait of what is not there is refused', async () => {
  const app = await withVm();
  expect((await ask(app, 'GET', '/v1/vms/nope/wait')).json.code).toBe('vm-not-found');
  expect((await ask(app, 'POST', WAIT, state([pending], 1))).json.code).toBe('vcpu-not-found');
});
