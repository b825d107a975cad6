import type { FastifyInstance } from 'fastify';
import { expect, test } from 'vitest';
import { ask, type Frame, startApp } from './start.js';

/** Four commands lead two tables of one PCID astray under the RFC as mailed: see docs/proofs.md. */
const ASTRAY = {
  machine: { kind: 'bounded', policy: 'need-sync-posted', also: ['one-pcid'] },
  properties: ['no-violation'],
};

function explore(app: FastifyInstance, body: object) {
  return ask(app, 'POST', '/v1/explorations', body);
}

async function ended(app: FastifyInstance, id: string): Promise<Frame> {
  const { json } = await ask(app, 'GET', `/v1/jobs/${id}`, undefined, { prefer: 'wait=60' });
  return json;
}

test('a counterexample is found, and opened as a VM', async () => {
  const app = await startApp();
  const begun = await explore(app, ASTRAY);
  expect([begun.status, begun.headers.location]).toEqual([202, '/v1/jobs/job-1']);
  const { state, problem, progress, result } = await ended(app, 'job-1');
  expect([state, problem, progress]).toEqual([
    'done',
    null,
    { done: 3960, total: 3960, leftMs: null },
  ]);
  const { counterexamples, found, bytes, bytesPerState, ...rest } = result;
  expect(rest).toEqual({
    ...{ end: 'refuted', isExhaustive: false, states: 440, transitions: 1215, refused: 0 },
    ...{ expanded: 135, depth: 4, undecided: 0, isSymmetric: false, bytesMax: 2 ** 26 },
  });
  expect(found.reduce((sum: number, count: number) => sum + count, 0)).toBe(440);
  expect(bytes).toBeGreaterThan(440 * 8);
  const [{ property, says, commands, case: file }] = counterexamples;
  expect([counterexamples.length, property, commands]).toEqual([1, 'no-violation', 4]);
  expect(says).toMatch(/^A read of 0x400000 went to 0x10000 by a walk, where it may no longer/);
  const opened = await ask(app, 'POST', '/v1/cases', file);
  expect([opened.status, opened.json.met]).toEqual([201, true]);
  const { json: vm } = await ask(app, 'GET', `/v1/vms/${opened.json.id}`);
  expect(vm.violations).toMatchObject([{ rule: 'stale-translation', count: 1 }]);
});

test('a machine that is given is searched through', async () => {
  const app = await startApp();
  const alphabet = [
    { kind: 'mov-cr3', vcpu: 0, value: '0x1000' },
    { kind: 'mov-cr3', vcpu: 0, value: '0x2000' },
  ];
  await explore(app, { machine: { kind: 'given', alphabet } });
  const { result } = await ended(app, 'job-1');
  const { end, isExhaustive, counterexamples } = result;
  expect([end, isExhaustive, counterexamples]).toEqual(['exhausted', true, []]);
});

test('a bound that is met is told, with what was seen', async () => {
  const app = await startApp();
  const machine = { kind: 'bounded' };
  await explore(app, { machine, states: 50 });
  await explore(app, { machine, depth: 2 });
  const [states, depth] = [await ended(app, 'job-1'), await ended(app, 'job-2')];
  expect([states.result.end, depth.result.end, depth.result.depth]).toEqual(['states', 'depth', 2]);
});

test('a machine of 64 vCPUs is searched through', async () => {
  const app = await startApp();
  const alphabet = Array.from({ length: 64 }, (_, vcpu) => ({ kind: 'enter', vcpu }));
  const machine = { kind: 'given', config: { vcpus: 64 }, alphabet };
  await explore(app, { machine, states: 20 });
  const { state, result } = await ended(app, 'job-1');
  // Whichever vCPUs have entered, their number is all that tells states apart.
  expect([state, result.end, result.isSymmetric, result.depth]).toEqual([
    'done',
    'states',
    true,
    19,
  ]);
});

test.each([
  [{ machine: { kind: 'given', alphabet: [] } }, '/machine', /the alphabet has no command/],
  [{ machine: { kind: 'bounded', slots: 9 } }, '/machine/slots', /.*/],
  [
    { machine: { kind: 'given', alphabet: [{ kind: 'enter', vcpu: 3 }] } },
    '/machine',
    /"enter" is for vCPU 3, and there are 1/,
  ],
  [{ machine: { kind: 'bounded' }, depth: 0 }, '/depth', /.*/],
])('%j is refused', async (body, path, sentence) => {
  const app = await startApp();
  const { status, json } = await explore(app, body);
  expect([status, json.code, json.errors[0].path]).toEqual([400, 'invalid-request', path]);
  expect(json.detail).toMatch(sentence);
});

test('a stage that cannot be set fails the job with a sentence', async () => {
  const app = await startApp();
  const stage = [{ kind: 'vmexit', vcpu: 0 }];
  await explore(app, { machine: { kind: 'given', stage, alphabet: [{ kind: 'enter', vcpu: 0 }] } });
  const { state, problem } = await ended(app, 'job-1');
  expect([state, problem.code]).toEqual(['failed', 'command-refused']);
});

test('a search is cancelled while it runs', async () => {
  const app = await startApp();
  await explore(app, { machine: { kind: 'bounded', spaces: 4, slots: 3 } });
  expect((await ask(app, 'DELETE', '/v1/jobs/job-1')).status).toBe(204);
  expect((await ask(app, 'GET', '/v1/jobs/job-1')).status).toBe(404);
});
