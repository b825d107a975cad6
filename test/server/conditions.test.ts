import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { step } from '../../src/mmu/index.js';
import { createEpoch } from '../../src/server/wire/ids.js';
import { ask, startApp } from './start.js';

afterEach(() => {
  vi.useRealTimers();
});

const VM = '/v1/vms/vm-1';
const ENTER = `${VM}/vcpus/0/enter`;
const keyed = (key: string) => ({ 'idempotency-key': key });
const LOAD = { kind: 'load-root', vcpu: 0, pgd: '0x100000' };
const REFUSED = { kind: 'vmexit', vcpu: 0 };

/** A model that fails on commands of a kind. */
const brokenOn = (kind: string) => ({
  step: (...args: Parameters<typeof step>) => {
    if (args[1].kind === kind) throw new Error('broken');
    return step(...args);
  },
});

async function startVm(options = {}) {
  const app = await startApp(options);
  await ask(app, 'POST', '/v1/vms');
  return app;
}

test('every answer about a VM carries an ETag of the run and of its state', async () => {
  const app = await startApp();
  expect((await ask(app, 'POST', '/v1/vms')).headers.etag).toBe('"test-0-0"');
  const { json, headers } = await ask(app, 'POST', ENTER);
  const etag = `"test-${json.seq + json.events.length}-0"`;
  expect(headers.etag).toBe(etag);
  for (const path of ['', '/vcpus', '/vcpus/0', '/memory', '/shadow-pages']) {
    expect((await ask(app, 'GET', VM + path)).headers.etag, path).toBe(etag);
  }
  const refused = await ask(app, 'POST', `${VM}/vcpus/0/vmexit`);
  expect([refused.status, refused.headers.etag]).toEqual([409, etag]);
  const batch = await ask(app, 'POST', `${VM}/commands`, [LOAD]);
  expect(batch.headers.etag).toBe(`"test-${(await ask(app, 'GET', VM)).json.seq}-0"`);
  expect((await ask(app, 'GET', '/v1/vms/nope')).headers.etag).toBe(undefined);
});

test.each([
  ['"test-0-0"', 200],
  ['"test-0-0+gzip"', 200],
  ['*', 200],
  ['"7", "test-0-0"', 200],
  ['"0"', 412],
  ['"other-0-0"', 412],
  ['"test-0-1"', 412],
  ['W/"test-0-0"', 412],
  ['""', 412],
  ['0', 400],
  ['"0', 400],
  ['', 400],
])('If-Match: %s', async (given, status) => {
  const app = await startVm();
  const answer = await ask(app, 'POST', ENTER, undefined, { 'if-match': given });
  expect(answer.status).toBe(status);
  expect((await ask(app, 'GET', VM)).json.seq > 0).toBe(status === 200);
});

test('a change that meets another state is refused, and says which', async () => {
  const app = await startVm();
  await ask(app, 'POST', ENTER);
  const { seq } = (await ask(app, 'GET', VM)).json;
  const old = { 'if-match': '"0"' };
  for (const [method, path, body] of [
    ['POST', '/vcpus/0/enter', undefined],
    ['POST', '/vcpus/0/enter?dryRun=true', undefined],
    ['POST', '/commands', [LOAD]],
    ['PATCH', '', { name: 'x' }],
    ['DELETE', '', undefined],
  ] as const) {
    const { status, json } = await ask(app, method, VM + path, body, old);
    expect([status, json.code, json.seq, json.detail], path).toEqual([
      412,
      'precondition-failed',
      seq,
      `Cannot change VM "vm-1": its ETag is "test-${seq}-0", not "0"; read it again`,
    ]);
  }
  const malformed = await ask(app, 'DELETE', VM, undefined, { 'if-match': '7' });
  expect(malformed.json.errors).toEqual([
    {
      in: 'header',
      path: '/if-match',
      message: 'neither entity tags, such as "k3x9-7-0" with its quotes, nor *',
    },
  ]);
  expect((await ask(app, 'GET', VM, undefined, old)).status).toBe(200);
  const missing = await ask(app, 'DELETE', '/v1/vms/nope', undefined, { 'if-match': '*' });
  expect(missing.json.code).toBe('vm-not-found');
  const now = { 'if-match': `"test-${seq}-0"` };
  expect((await ask(app, 'DELETE', VM, undefined, now)).status).toBe(204);
});

test('an ETag changes with the name, the snapshots and a failure of the VM', async () => {
  const app = await startVm({ model: brokenOn('zap-all') });
  const etag = async (path = '') => (await ask(app, 'GET', VM + path)).headers.etag;
  expect(await etag()).toBe('"test-0-0"');
  const renamed = await ask(app, 'PATCH', VM, { name: 'x' });
  expect([renamed.headers.etag, await etag()]).toEqual(['"test-0-1"', '"test-0-1"']);
  await ask(app, 'POST', `${VM}/snapshots`, { name: 's' });
  expect(await etag('/snapshots')).toBe('"test-0-2"');
  await ask(app, 'DELETE', `${VM}/snapshots/s`);
  expect(await etag('/snapshots')).toBe('"test-0-3"');
  await ask(app, 'POST', `${VM}/vcpus/0/zap-all`);
  expect(await etag()).toBe('"test-0-4"');
});

test('an id and an ETag of an earlier run are of no use in this one', async () => {
  const ids: string[] = [];
  for (let run = 0; run < 2; run += 1) {
    const app = await startApp({ epoch: `run${run}`, ids: undefined });
    const { json, headers } = await ask(app, 'POST', '/v1/vms');
    ids.push(json.id, String(headers.etag));
    const stale = { 'if-match': ids[1] as string };
    const { status } = await ask(app, 'DELETE', `/v1/vms/${json.id}`, undefined, stale);
    expect(status).toBe(run === 0 ? 204 : 412);
  }
  expect(ids).toEqual(['vm-1-run0', '"run0-0-0"', 'vm-1-run1', '"run1-0-0"']);
  expect((await ask(await startApp(), 'GET', `/v1/vms/${ids[0]}`)).status).toBe(404);
});

test('no two runs have the same epoch', () => {
  const epochs = Array.from({ length: 1000 }, createEpoch);
  expect(new Set(epochs).size).toBe(1000);
  for (const epoch of epochs) expect(epoch).toMatch(/^[0-9a-z]{10}$/);
});

describe('If-None-Match', () => {
  const asking = (app: FastifyInstance, url: string, tag: string | undefined) =>
    ask(app, 'GET', url, undefined, { 'if-none-match': String(tag) });

  test.each([
    VM,
    `${VM}/vcpus/0`,
    `${VM}/events`,
    `${VM}/snapshots`,
    '/v1/vms',
    '/v1/policies',
    '/v1/model',
    '/v1/workloads/kpti?commands=9',
    '/openapi.yaml',
  ])('is 304 and no body at %s while nothing has changed', async (url) => {
    const app = await startVm();
    await ask(app, 'POST', ENTER);
    const { headers } = await ask(app, 'GET', url);
    const { etag } = headers;
    for (const tag of [etag, `W/${etag}`, `"x", ${etag}`, '*', etag?.replace(/"$/, '+gzip"')]) {
      const again = await asking(app, url, tag);
      expect([again.status, again.json, again.headers.etag]).toEqual([304, '', etag]);
      expect(again.headers['content-type']).toBe(undefined);
    }
    expect((await asking(app, url, '"x"')).status).toBe(200);
  });

  test('is 200 once the VM has changed in any way', async () => {
    const app = await startVm();
    for (const change of [
      () => ask(app, 'POST', ENTER),
      () => ask(app, 'PATCH', VM, { tags: { a: 'b' } }),
    ]) {
      const { etag } = (await ask(app, 'GET', VM)).headers;
      await change();
      expect((await asking(app, VM, etag as string)).status).toBe(200);
    }
  });

  test('tells pages of a history apart from which the first records are forgotten', async () => {
    const app = await startVm();
    const page = await ask(app, 'GET', `${VM}/events`);
    expect(page.headers.etag).toBe('"test-0-0+from1"');
    const { status } = await ask(app, 'POST', ENTER, undefined, {
      'if-match': page.headers.etag as string,
    });
    expect(status).toBe(200);
  });

  test('does not count for a refusal, nor for what is only of its moment', async () => {
    const app = await startVm();
    expect((await asking(app, `${VM}/vcpus/9`, '"test-0-0"')).status).toBe(404);
    const waited = await asking(app, `${VM}/wait?timeoutMs=0`, '"test-0-0"');
    expect([waited.status, waited.json.reason]).toEqual([200, 'timeout']);
    const stream = { accept: 'application/x-ndjson', 'if-none-match': '*' };
    const url = '/v1/workloads/kpti?commands=3';
    expect((await app.inject({ url, headers: stream })).statusCode).toBe(200);
  });
});

test('a request that names itself is done once, and answered alike', async () => {
  const app = await startVm();
  const first = await ask(app, 'POST', ENTER, undefined, keyed('a'));
  await ask(app, 'POST', ENTER);
  const { seq } = (await ask(app, 'GET', VM)).json;
  // It meets no state again: what was asked is done.
  const again = await ask(app, 'POST', ENTER, undefined, {
    ...keyed('a'),
    'if-match': '"test-0-0"',
  });
  expect([again.status, again.json]).toEqual([200, first.json]);
  expect(again.headers).toMatchObject({
    etag: first.headers.etag,
    'content-type': first.headers['content-type'],
    'idempotency-replayed': 'true',
  });
  expect(first.headers['idempotency-replayed']).toBe(undefined);
  expect((await ask(app, 'GET', VM)).json.seq).toBe(seq);
  expect((await ask(app, 'POST', ENTER, undefined, keyed('b'))).json.seq).toBe(seq + 1);
});

test('a creation is done once, and says again where the VM is', async () => {
  const app = await startApp();
  const create = () => ask(app, 'POST', '/v1/vms', { name: 'x' }, keyed('a'));
  const first = await create();
  const again = await create();
  expect([again.status, again.json]).toEqual([201, first.json]);
  expect(again.headers.location).toBe('/v1/vms/vm-1');
  expect((await ask(app, 'GET', '/v1/vms')).json.total).toBe(1);
});

test('a key names one request', async () => {
  const app = await startVm();
  const body = [LOAD];
  await ask(app, 'POST', `${VM}/commands`, body, keyed('a'));
  for (const [url, other] of [
    [`${VM}/commands`, [LOAD, LOAD]],
    [`${VM}/commands?events=true`, body],
    [ENTER, undefined],
  ] as const) {
    const { status, json } = await ask(app, 'POST', url, other, keyed('a'));
    expect([status, json.code, json.detail]).toEqual([
      422,
      'idempotency-key-reused',
      'Cannot take header "Idempotency-Key": it named another request; use a new key',
    ]);
  }
  for (const key of ['', 'a b', 'x'.repeat(256)]) {
    const { status, json } = await ask(app, 'POST', ENTER, undefined, keyed(key));
    expect([status, json.errors[0].path]).toEqual([400, '/idempotency-key']);
  }
});

test('a refusal that changed nothing leaves the key free; one that changed something does not', async () => {
  const app = await startVm();
  const exit = `${VM}/vcpus/0/vmexit`;
  for (let i = 0; i < 2; i += 1) {
    const refused = await ask(app, 'POST', exit, undefined, keyed('a'));
    expect([refused.status, refused.headers['idempotency-replayed']]).toEqual([409, undefined]);
  }
  const invalid = await ask(app, 'POST', ENTER, { x: 1 }, keyed('a'));
  expect(invalid.status).toBe(400);
  expect((await ask(app, 'POST', ENTER, undefined, keyed('a'))).status).toBe(200);

  const stopped = () => ask(app, 'POST', `${VM}/commands`, [LOAD, REFUSED], keyed('b'));
  const first = await stopped();
  expect([first.status, first.json.applied]).toEqual([409, 1]);
  const again = await stopped();
  expect([again.json, again.headers['idempotency-replayed']]).toEqual([first.json, 'true']);
  expect(again.headers['content-type']).toBe('application/problem+json; charset=utf-8');
});

test('a duplicate that comes meanwhile waits for the answer', async () => {
  let steps = 0;
  const app = await startVm({
    model: {
      step: (...args: Parameters<typeof step>) => {
        steps += 1;
        return step(...args);
      },
    },
  });
  const commands = Array.from({ length: 1000 }, () => LOAD);
  const send = () => ask(app, 'POST', `${VM}/commands`, commands, keyed('a'));
  const [first, ...others] = await Promise.all([send(), send(), send()]);
  expect(first?.json.results.length).toBe(1000);
  for (const other of others) {
    expect(other.json).toEqual(first?.json);
    expect(other.headers['idempotency-replayed']).toBe('true');
  }
  expect(steps).toBe(1000);
});

test('a duplicate of what was refused meanwhile is tried in its turn', async () => {
  const app = await startVm();
  const commands = [...Array.from({ length: 600 }, () => LOAD), REFUSED];
  const send = () => ask(app, 'POST', `${VM}/commands?dryRun=true`, commands, keyed('a'));
  const answers = await Promise.all([send(), send(), send()]);
  expect(answers.map(({ status }) => status)).toEqual([409, 409, 409]);
  expect(answers.map(({ headers }) => headers['idempotency-replayed'])).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('keys are kept for their time, up to their number and their bytes, the oldest goes first', async () => {
  const limits = { idempotencyKeys: 2, idempotencyMs: 1000 };
  const app = await startVm({ limits });
  vi.useFakeTimers({ toFake: ['performance'] });
  const isReplayed = async (key: string) =>
    (await ask(app, 'POST', ENTER, undefined, keyed(key))).headers['idempotency-replayed'] ===
    'true';
  for (const key of ['a', 'b', 'c']) expect(await isReplayed(key)).toBe(false);
  expect(await isReplayed('c')).toBe(true);
  expect(await isReplayed('b')).toBe(true);
  expect(await isReplayed('a')).toBe(false);
  expect(await isReplayed('b')).toBe(false);
  vi.advanceTimersByTime(999);
  expect(await isReplayed('b')).toBe(true);
  vi.advanceTimersByTime(1);
  expect(await isReplayed('b')).toBe(false);

  const small = await startVm({ limits: { idempotencyBytes: 10 } });
  for (let i = 0; i < 2; i += 1) {
    const { headers } = await ask(small, 'POST', ENTER, undefined, keyed('a'));
    expect(headers['idempotency-replayed']).toBe(undefined);
  }
});

test('an answer too long to keep is not given again, and nothing is done again', async () => {
  const app = await startVm({ limits: { idempotencyAnswerBytes: 100 } });
  const commands = Array.from({ length: 100 }, () => LOAD);
  const send = () => ask(app, 'POST', `${VM}/commands`, commands, keyed('a'));
  expect((await send()).status).toBe(200);
  const { seq } = (await ask(app, 'GET', VM)).json;
  const again = await send();
  expect([again.status, again.json.code, again.json.detail]).toEqual([
    422,
    'answer-not-kept',
    'Cannot give the answer again: it is not kept, and the request may be done; read the VM',
  ]);
  expect((await ask(app, 'GET', VM)).json.seq).toBe(seq);
});
