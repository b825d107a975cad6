import { afterEach, expect, test, vi } from 'vitest';
import { ask, connect, type Frame, listen, shareApp, startApp } from './start.js';

/** For refusals, which leave it as it was. */
const shared = shareApp();

afterEach(() => {
  vi.useRealTimers();
});

const LABELS = { name: 'a case', tags: { suite: 'nightly', worker: '3' }, ttlSeconds: 60 };
const idsOf = ({ vms }: { vms: Frame[] }) => vms.map(({ id }) => id);

async function startThree() {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms', LABELS);
  await ask(app, 'POST', '/v1/vms', { tags: { suite: 'nightly', constructor: 'x' } });
  await ask(app, 'POST', '/v1/vms', { name: 'a case' });
  return app;
}

test('a VM has a name, tags and a TTL, apart from what it is made from', async () => {
  const app = await startApp();
  const { json } = await ask(app, 'POST', '/v1/vms', LABELS);
  expect(json).toMatchObject({ ...LABELS, expiresInSeconds: 60, policy: 'mainline' });
  expect((await ask(app, 'POST', '/v1/vms')).json).toMatchObject({
    name: null,
    tags: {},
    ttlSeconds: null,
    expiresInSeconds: null,
  });
  const { vms } = (await ask(app, 'GET', '/v1/vms')).json;
  expect(vms[0]).toMatchObject({ id: 'vm-1', name: LABELS.name, tags: LABELS.tags });
});

test.each([
  ['a long name', { name: 'x'.repeat(129) }, '/name'],
  ['a name of blanks', { name: ' ' }, '/name'],
  ['a bad tag key', { tags: { 'a b': 'x' } }, '/tags/a b'],
  ['an empty tag', { tags: { a: '' } }, '/tags/a'],
  ['a tag that is no text', { tags: { a: 1 } }, '/tags/a'],
  [
    'seventeen tags',
    { tags: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, 'v'])) },
    '/tags',
  ],
  ['no time to live', { ttlSeconds: 0 }, '/ttlSeconds'],
  ['over a week to live', { ttlSeconds: 604_801 }, '/ttlSeconds'],
])('%s is refused', async (_what, body, path) => {
  const app = await shared();
  const { status, json } = await ask(app, 'POST', '/v1/vms', body);
  expect([status, json.errors[0].path]).toEqual([400, path]);
});

test.each([
  ['tag=suite:nightly', ['vm-1', 'vm-2']],
  ['tag=suite:nightly&tag=worker:3', ['vm-1']],
  ['name=a%20case', ['vm-1', 'vm-3']],
  ['name=a%20case&tag=suite:nightly', ['vm-1']],
  ['tag=suite:weekly', []],
  ['tag=constructor:x', ['vm-2']],
  ['tag=toString:x', []],
])('GET /v1/vms?%s', async (query, ids) => {
  const app = await startThree();
  const { status, json } = await ask(app, 'GET', `/v1/vms?${query}`);
  expect([status, idsOf(json), json.total, json.next]).toEqual([200, ids, ids.length, null]);
});

test('a selection is paged, and its total is its own', async () => {
  const app = await startThree();
  const first = (await ask(app, 'GET', '/v1/vms?tag=suite:nightly&limit=1')).json;
  expect([idsOf(first), first.total, first.next]).toEqual([['vm-1'], 2, '1']);
  const second = (await ask(app, 'GET', '/v1/vms?tag=suite:nightly&limit=1&cursor=1')).json;
  expect([idsOf(second), second.total, second.next]).toEqual([['vm-2'], 2, null]);
});

test('VMs are deleted by tag or name, and their number is told', async () => {
  const app = await startThree();
  const deleted = await ask(app, 'DELETE', '/v1/vms?tag=suite:nightly');
  expect([deleted.status, deleted.json]).toEqual([200, { deleted: 2 }]);
  expect(idsOf((await ask(app, 'GET', '/v1/vms')).json)).toEqual(['vm-3']);
  expect((await ask(app, 'DELETE', '/v1/vms?tag=suite:nightly')).json).toEqual({ deleted: 0 });
  expect((await ask(app, 'DELETE', '/v1/vms?name=a%20case')).json).toEqual({ deleted: 1 });
});

test('nobody deletes all VMs by leaving out a query', async () => {
  const app = await startThree();
  const { status, json } = await ask(app, 'DELETE', '/v1/vms');
  expect([status, json.errors]).toEqual([
    400,
    [{ in: 'query', path: '/tag', message: 'required, unless there is a name' }],
  ]);
  expect((await ask(app, 'DELETE', '/v1/vms?tag=')).status).toBe(400);
  expect((await ask(app, 'GET', '/v1/vms')).json.total).toBe(3);
});

test('labels are changed: what is left out stays, null takes away', async () => {
  const app = await startThree();
  const patch = { tags: { worker: null, kept: 'yes' }, ttlSeconds: null };
  const { status, json } = await ask(app, 'PATCH', '/v1/vms/vm-1', patch);
  expect(status).toBe(200);
  expect(json).toMatchObject({ name: 'a case', ttlSeconds: null, expiresInSeconds: null });
  expect(json.tags).toEqual({ suite: 'nightly', kept: 'yes' });
  const { seq, ...nameless } = (await ask(app, 'PATCH', '/v1/vms/vm-1', { name: null })).json;
  expect([seq, nameless.name]).toEqual([0, null]);
  expect((await ask(app, 'GET', '/v1/vms?tag=worker:3')).json.total).toBe(0);
  expect((await ask(app, 'PATCH', '/v1/vms/vm-1', {})).status).toBe(200);
});

test.each([
  ['nope', {}, 404, 'vm-not-found'],
  ['vm-1', { vcpus: 2 }, 400, 'invalid-request'],
  ['vm-1', { tags: { a: 1 } }, 400, 'invalid-request'],
  ['vm-1', '{bad', 400, 'malformed-json'],
  ['vm-1', `{"name":"${'x'.repeat(1000)}"}`, 413, 'body-too-large'],
] as const)('PATCH /v1/vms/%s with %j is refused', async (vm, body, status, code) => {
  const app = await startApp({ limits: { bodyBytes: 500 } });
  await ask(app, 'POST', '/v1/vms');
  const answer = await ask(app, 'PATCH', `/v1/vms/${vm}`, body, {
    'content-type': 'application/json',
  });
  expect([answer.status, answer.json.code]).toEqual([status, code]);
});

test('a change takes JSON from its own origin, and keeps the bound of tags', async () => {
  const app = await startThree();
  const text = { 'content-type': 'text/plain' };
  expect((await ask(app, 'PATCH', '/v1/vms/vm-1', 'x', text)).status).toBe(415);
  for (const [method, url] of [
    ['PATCH', '/v1/vms/vm-1'],
    ['DELETE', '/v1/vms?tag=a:b'],
  ] as const) {
    const evil = await ask(app, method, url, undefined, { origin: 'http://evil.test' });
    expect([evil.status, evil.json.code]).toEqual([403, 'origin-refused']);
  }
  const tags = Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`k${i}`, 'v']));
  const { status, json } = await ask(app, 'PATCH', '/v1/vms/vm-1', { tags });
  expect([status, json.detail]).toEqual([
    400,
    'Cannot take body at /tags: there would be 17 tags; the bound is 16',
  ]);
});

test('VMs of one tag are bounded, at creation and later; a deletion makes room', async () => {
  const app = await startApp({ limits: { vmsPerTag: 2 } });
  const tagged = { tags: { suite: 'nightly' } };
  for (let i = 0; i < 2; i += 1) await ask(app, 'POST', '/v1/vms', tagged);
  const refused = await ask(app, 'POST', '/v1/vms', tagged);
  expect([refused.status, refused.json.code, refused.json.detail]).toEqual([
    429,
    'tag-limit-reached',
    'Cannot tag VM "suite:nightly": there are 2 VMs with it, the bound; delete some of them',
  ]);
  expect((await ask(app, 'POST', '/v1/vms')).json.id).toBe('vm-3');
  expect((await ask(app, 'PATCH', '/v1/vms/vm-3', tagged)).json.code).toBe('tag-limit-reached');
  // A VM does not count against itself.
  expect((await ask(app, 'PATCH', '/v1/vms/vm-1', tagged)).status).toBe(200);
  await ask(app, 'PATCH', '/v1/vms/vm-1', { tags: { suite: null } });
  expect((await ask(app, 'PATCH', '/v1/vms/vm-3', tagged)).status).toBe(200);
  await ask(app, 'DELETE', '/v1/vms/vm-2');
  expect((await ask(app, 'POST', '/v1/vms', tagged)).status).toBe(201);
  expect((await ask(app, 'POST', '/v1/vms', tagged)).status).toBe(429);
});

test('an idle VM goes when its time is over; use renews it, a look at the list does not', async () => {
  const app = await startApp();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  await ask(app, 'POST', '/v1/vms', { ttlSeconds: 10 });
  vi.advanceTimersByTime(9000);
  const { json } = await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/enter');
  expect(json.outcome).toEqual({ kind: 'ok' });
  vi.advanceTimersByTime(9000);
  expect((await ask(app, 'GET', '/v1/vms')).json.total).toBe(1);
  vi.advanceTimersByTime(999);
  expect((await ask(app, 'GET', '/v1/vms')).json.total).toBe(1);
  vi.advanceTimersByTime(1);
  expect((await ask(app, 'GET', '/v1/vms')).json.total).toBe(0);
  expect((await ask(app, 'GET', '/v1/vms/vm-1')).status).toBe(404);
});

test('what is left of the time is told, and a new TTL begins anew', async () => {
  const app = await startApp();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  await ask(app, 'POST', '/v1/vms', { ttlSeconds: 10 });
  vi.advanceTimersByTime(5000);
  const patched = await ask(app, 'PATCH', '/v1/vms/vm-1', { ttlSeconds: 20 });
  expect(patched.json.expiresInSeconds).toBe(20);
  vi.advanceTimersByTime(19_000);
  expect((await ask(app, 'GET', '/v1/vms')).json.total).toBe(1);
  vi.advanceTimersByTime(1000);
  expect((await ask(app, 'GET', '/v1/vms')).json.total).toBe(0);
});

test('deleted and closed in time, no timer is left', async () => {
  const app = await startApp();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const before = vi.getTimerCount();
  for (let i = 0; i < 3; i += 1) await ask(app, 'POST', '/v1/vms', { ttlSeconds: 10 });
  expect(vi.getTimerCount() - before).toBe(3);
  await ask(app, 'DELETE', '/v1/vms/vm-1');
  await ask(app, 'PATCH', '/v1/vms/vm-2', { ttlSeconds: null });
  expect(vi.getTimerCount() - before).toBe(1);
  await app.close();
  expect(vi.getTimerCount() - before).toBe(0);
});

test('a fork has the labels of its origin, and counts by them', async () => {
  const app = await startApp({ limits: { vmsPerTag: 2 } });
  await ask(app, 'POST', '/v1/vms', LABELS);
  const forked = await ask(app, 'POST', '/v1/vms/vm-1/fork', {});
  expect([forked.status, forked.headers.etag]).toEqual([201, `"test-${forked.json.seq}-0"`]);
  expect((await ask(app, 'GET', `/v1/vms/${forked.json.id}`)).json).toMatchObject(LABELS);
  const refused = await ask(app, 'POST', '/v1/vms/vm-1/fork', {});
  expect([refused.status, refused.json.code]).toEqual([429, 'tag-limit-reached']);
  expect((await ask(app, 'DELETE', '/v1/vms?tag=suite:nightly')).json).toEqual({ deleted: 2 });
});

test('the stream of a VM that went for being idle ends as of one that was deleted', async () => {
  const { app, port } = await listen();
  await ask(app, 'POST', '/v1/vms', { ttlSeconds: 1 });
  const client = connect(port, '/v1/vms/vm-1/events');
  await client.closed;
  expect(client.frames.at(-1)).toMatchObject({ type: 'end', vm: 'vm-1', reason: 'vm-deleted' });
});
