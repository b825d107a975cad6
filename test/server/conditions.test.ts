import { afterEach, expect, test, vi } from 'vitest';
import { step } from '../../src/mmu/index.js';
import { ask, startApp } from './start.js';

afterEach(() => {
  vi.useRealTimers();
});

const VM = '/v1/vms/vm-1';
const ENTER = `${VM}/vcpus/0/enter`;
const keyed = (key: string) => ({ 'idempotency-key': key });
const LOAD = { kind: 'load-root', vcpu: 0, pgd: '0x100000' };
const REFUSED = { kind: 'vmexit', vcpu: 0 };

async function startVm(options = {}) {
  const app = await startApp(options);
  await ask(app, 'POST', '/v1/vms');
  return app;
}

test('every answer about a VM carries its seq as an ETag', async () => {
  const app = await startApp();
  expect((await ask(app, 'POST', '/v1/vms')).headers.etag).toBe('"0"');
  const { json, headers } = await ask(app, 'POST', ENTER);
  const etag = `"${json.seq + json.events.length}"`;
  expect(headers.etag).toBe(etag);
  for (const path of ['', '/vcpus', '/vcpus/0', '/memory', '/shadow-pages', '/events']) {
    expect((await ask(app, 'GET', VM + path)).headers.etag, path).toBe(etag);
  }
  const refused = await ask(app, 'POST', `${VM}/vcpus/0/vmexit`);
  expect([refused.status, refused.headers.etag]).toEqual([409, etag]);
  const batch = await ask(app, 'POST', `${VM}/commands`, [LOAD]);
  expect(batch.headers.etag).toBe(`"${(await ask(app, 'GET', VM)).json.seq}"`);
  expect((await ask(app, 'GET', '/v1/vms')).headers.etag).toBe(undefined);
  expect((await ask(app, 'GET', '/v1/vms/nope')).headers.etag).toBe(undefined);
});

test.each([
  ['"0"', 200],
  ['*', 200],
  ['"7", "0"', 200],
  ['"7"', 412],
  ['W/"0"', 412],
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
      `Cannot change VM "vm-1": its ETag is "${seq}", not "0"; read it again`,
    ]);
  }
  const malformed = await ask(app, 'DELETE', VM, undefined, { 'if-match': '7' });
  expect(malformed.json.errors).toEqual([
    {
      in: 'header',
      path: '/if-match',
      message: 'neither entity tags, such as "7" with its quotes, nor *',
    },
  ]);
  expect((await ask(app, 'GET', VM, undefined, old)).status).toBe(200);
  const missing = await ask(app, 'DELETE', '/v1/vms/nope', undefined, { 'if-match': '*' });
  expect(missing.json.code).toBe('vm-not-found');
  const now = { 'if-match': `"${seq}"` };
  expect((await ask(app, 'DELETE', VM, undefined, now)).status).toBe(204);
});

test('a request that names itself is done once, and answered alike', async () => {
  const app = await startVm();
  const first = await ask(app, 'POST', ENTER, undefined, keyed('a'));
  await ask(app, 'POST', ENTER);
  const { seq } = (await ask(app, 'GET', VM)).json;
  // It meets no state again: what was asked is done.
  const again = await ask(app, 'POST', ENTER, undefined, { ...keyed('a'), 'if-match': '"0"' });
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
    'Cannot give the answer again: it was too long to keep, but the request is done; read the VM',
  ]);
  expect((await ask(app, 'GET', VM)).json.seq).toBe(seq);
});
