import { expect, test } from 'vitest';
import { BROKEN_POLICY, LAST_READ, LEADING_UP } from './broken-policy.js';
import { ask, type Frame, startApp } from './start.js';

const VM = '/v1/vms/vm-1';
const ALLOWED = `${VM}/vcpus/0/allowed`;
const RIGHTS = { read: true, write: true, execute: true, user: true };

/** A VM just before, or after, it reads what it may read no more. */
async function withHistory(commands: readonly object[], config: object = {}) {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms', { policy: BROKEN_POLICY, ...config });
  const { json } = await ask(app, 'POST', `${VM}/commands?events=true`, commands);
  expect(json.results.map(({ outcome }: Frame) => outcome.kind)).toEqual(commands.map(() => 'ok'));
  return { app, results: json.results as Frame[] };
}

const read = async (app: Parameters<typeof ask>[0], path: string) =>
  (await ask(app, 'GET', path)).json;

test('a violation names the write, the invalidation and the event by their seq', async () => {
  const { results } = await withHistory([...LEADING_UP, LAST_READ]);
  const events: Frame[] = results.at(-1)?.events.map(({ event }: Frame) => event);
  const [violation] = events.filter(({ kind }) => kind === 'violation');
  const reused: Frame = results
    .at(-2)
    ?.events.find(({ event }: Frame) => event.kind === 'root-reused');
  const [write, flush] = [results[6]?.seq, results[9]?.seq];
  expect(violation).toEqual({
    kind: 'violation',
    rule: 'stale-translation',
    access: 'read',
    gva: '0x400000',
    gpa: '0x100000',
    by: 'walk',
    // The second space ran under the same PCID after the flush: its page may be cached as well.
    allowed: ['0x101000', '0x200000'],
    write: { seq: write, commandsAgo: 5, command: 'write', gpa: '0x4000' },
    invalidation: { seq: flush, commandsAgo: 2, command: 'mov-cr3' },
    survival: { seq: reused.seq, event: 'root-reused' },
    message:
      'A read of 0x400000 went to 0x100000 by a walk, where it may no longer lead; ' +
      `write (seq ${write}) had replaced the entry at 0x4000; ` +
      `mov-cr3 (seq ${flush}) should have dropped it; it survived root-reused (seq ${reused.seq})`,
  });
});

test('states, verifications and metrics tell what was found', async () => {
  const { app } = await withHistory(LEADING_UP);
  const clean = { violations: 0, undecided: 0 };
  expect((await read(app, VM)).found).toEqual(clean);
  expect((await read(app, `${VM}/vcpus/0`)).oracle).toEqual(clean);
  const where = [{ path: '/oracle/violations', value: 0 }];
  const isClean = { expect: [{ kind: 'state', where }] };
  expect((await ask(app, 'POST', `${VM}/verify`, isClean)).json.holds).toBe(true);
  await ask(app, 'POST', `${VM}/commands`, [LAST_READ]);

  const found = { violations: 1, undecided: 0 };
  expect((await read(app, VM)).found).toEqual(found);
  expect((await read(app, `${VM}/vcpus/0`)).oracle).toEqual(found);
  expect((await read(app, `${VM}/vcpus`)).vcpus[0].oracle).toEqual(found);
  expect((await ask(app, 'POST', `${VM}/verify`, isClean)).json.holds).toBe(false);
  const metrics: string = await read(app, '/metrics');
  expect(metrics).toContain('mmulab_violations_total{rule="stale-translation"} 1\n');
  expect(metrics).toContain('mmulab_violations_total{rule="spurious-fault"} 0\n');
});

test('what is allowed is listed with the entry and the write that it outlived', async () => {
  const { app } = await withHistory(LEADING_UP.slice(0, 8));
  const { status, json } = await ask(app, 'GET', `${ALLOWED}?gva=0x400123`);
  expect(status).toBe(200);
  expect(json).toMatchObject({ gva: '0x400123', complete: true });
  expect(json.translations).toEqual([
    { gpa: '0x200123', rights: RIGHTS, ept: null, replaced: null },
    { gpa: '0x101123', rights: RIGHTS, ept: null, replaced: null },
    {
      gpa: '0x100123',
      rights: RIGHTS,
      ept: null,
      replaced: { entry: '0x4000', command: 'write', commandsAgo: 2 },
    },
  ]);
  const nowhere = await read(app, `${ALLOWED}?gva=0x800000`);
  expect(nowhere.translations).toMatchObject([{ gpa: null, replaced: null }]);
  // To ask changes nothing.
  const { digest } = await read(app, `${VM}/digest`);
  await ask(app, 'GET', `${ALLOWED}?gva=0xa00000`);
  expect((await read(app, `${VM}/digest`)).digest).toBe(digest);
});

test('without an oracle nothing is found, and a fork may have one', async () => {
  const { app } = await withHistory([...LEADING_UP, LAST_READ], { oracle: 'off' });
  expect((await read(app, VM)).found).toBeNull();
  expect((await read(app, `${VM}/vcpus/0`)).oracle).toBeNull();
  const { status, json } = await ask(app, 'GET', `${ALLOWED}?gva=0x0`);
  expect([status, json.code]).toEqual([409, 'oracle-off']);
  expect(json.detail).toBe('Cannot ask what vCPU 0 may use: VM "vm-1" has "oracle": "off"');

  expect((await ask(app, 'POST', `${VM}/fork`, { oracle: 'on' })).status).toBe(201);
  expect((await read(app, '/v1/vms/vm-2')).found).toEqual({ violations: 1, undecided: 0 });
});

test.each([
  ['/v1/vms/vm-9/vcpus/0/allowed?gva=0x0', 404, 'vm-not-found'],
  ['/v1/vms/vm-1/vcpus/9/allowed?gva=0x0', 404, 'vcpu-not-found'],
  ['/v1/vms/vm-1/vcpus/0/allowed', 400, 'invalid-request'],
  ['/v1/vms/vm-1/vcpus/0/allowed?gva=12', 400, 'invalid-request'],
])('%s is refused: %i %s', async (path, status, code) => {
  const { app } = await withHistory(LEADING_UP.slice(0, 1));
  const answer = await ask(app, 'GET', path);
  expect([answer.status, answer.json.code]).toEqual([status, code]);
});
