import { expect, test } from 'vitest';
import { ask, startApp } from './start.js';

const VERIFY = '/v1/vms/vm-1/verify';

/** Two switches: 1 and 3 are commands, 2 and 4 the misses of 0x1000 and 0x2000. */
async function withHistory(limits = {}) {
  const app = await startApp({ limits });
  await ask(app, 'POST', '/v1/vms');
  for (const pgd of ['0x1000', '0x2000']) {
    await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/load-root', { pgd });
  }
  return app;
}

const missed = (pgd?: string) => ({
  kind: ['root-missed'],
  where: pgd === undefined ? [] : [{ path: '/event/pgd', value: pgd }],
});
const NOTHING = { frame: null, state: null };

test('what was expected and came, holds', async () => {
  const app = await withHistory();
  const { status, json } = await ask(app, 'POST', VERIFY, {
    expect: [
      { kind: 'count', of: missed(), exactly: 2 },
      { kind: 'never', of: { severity: 'warning' } },
      { kind: 'at-least-once', of: missed('0x2000') },
      { kind: 'order', of: [missed('0x1000'), { kind: ['command'] }, missed('0x2000')] },
      { kind: 'state', where: [{ path: '/cr3', value: '0x2000' }] },
    ],
  });
  expect([status, json.holds, json.after, json.through]).toEqual([200, true, 0, 4]);
  expect(json.results).toEqual([
    {
      holds: true,
      count: 2,
      seqs: [2, 4],
      detail: '2 found, exactly 2 expected',
      nearest: NOTHING,
    },
    { holds: true, count: 0, seqs: [], detail: '0 found, exactly 0 expected', nearest: NOTHING },
    { holds: true, count: 1, seqs: [4], detail: '1 found, at least 1 expected', nearest: NOTHING },
    {
      holds: true,
      count: 3,
      seqs: [2, 3, 4],
      detail: 'all 3 steps found in order',
      nearest: NOTHING,
    },
    { holds: true, count: 1, seqs: [4], detail: 'every check holds', nearest: NOTHING },
  ]);
});

test('what does not hold shows the nearest miss', async () => {
  const app = await withHistory();
  const { json } = await ask(app, 'POST', VERIFY, {
    expect: [
      { kind: 'at-least-once', of: missed('0x3000') },
      { kind: 'never', of: missed() },
      { kind: 'order', of: [missed('0x2000'), missed('0x1000')] },
      { kind: 'count', of: missed(), atMost: 1 },
      { kind: 'state', where: [{ path: '/cr3', value: '0x1000' }] },
    ],
  });
  expect(json.holds).toBe(false);
  expect(
    json.results.map(({ holds, seqs, detail }: Record<string, unknown>) => [holds, seqs, detail]),
  ).toEqual([
    [false, [], '0 found, at least 1 expected'],
    [false, [2, 4], '2 found, exactly 0 expected'],
    [false, [4], 'step 1 of 2 not found after 4'],
    [false, [2, 4], '2 found, at most 1 expected'],
    [false, [], '1 of 1 checks fail'],
  ]);
  const [first, , order, , state] = json.results;
  expect([first.nearest.frame.frame.seq, first.nearest.frame.checks[0].found]).toEqual([
    4,
    '"0x2000"',
  ]);
  expect([order.nearest.frame.frame.seq, order.nearest.frame.failed]).toEqual([2, ['order']]);
  expect(state.nearest.state.checks[0].found).toBe('"0x2000"');
});

const COMMAND = { kind: ['command'] };

/** Records: commands at 1 and 3, misses of 0x1000 and 0x2000 at 2 and 4. */
test.each<[string, object[], number[], boolean]>([
  ['two that one record would fill', [missed('0x1000'), missed('0x1000')], [2], false],
  ['two equal steps that two records fill', [missed(), missed()], [2, 4], true],
  ['three equal steps, of which two are filled', [missed(), missed(), missed()], [2, 4], false],
  ['a step that fits what the one before took', [missed(), missed('0x1000')], [2], false],
  ['a step that fits more than the next', [missed(), missed('0x2000')], [2, 4], true],
  ['two in turn', [COMMAND, missed(), COMMAND, missed()], [1, 2, 3, 4], true],
  ['two in the wrong turn', [missed(), COMMAND, COMMAND], [2, 3], false],
])('an order of steps: %s', async (_what, of, seqs, holds) => {
  const app = await withHistory();
  const { json } = await ask(app, 'POST', VERIFY, { expect: [{ kind: 'order', of }] });
  const [result] = json.results;
  expect([result.seqs, result.count, result.holds]).toEqual([seqs, seqs.length, holds]);
});

/** The nearest miss of 0x3000; records as above. */
test.each<[number, number, number | null]>([
  [0, 4, 4],
  [0, 3, 2],
  [1, 2, 2],
  [1, 3, 2],
  [2, 3, null],
  [2, 4, 4],
  [3, 4, 4],
])('the nearest frame of those after %i through %i', async (after, through, seq) => {
  const app = await withHistory();
  const wanted = [{ kind: 'at-least-once', of: missed('0x3000') }];
  const { json } = await ask(app, 'POST', VERIFY, { after, through, expect: wanted });
  expect(json.results[0].nearest.frame?.frame.seq ?? null).toBe(seq);
});

test('a span of history is verified, and only if all of it is kept', async () => {
  const app = await withHistory({ historyRecordsPerVm: 256 });
  const expected = [{ kind: 'count', of: missed(), exactly: 1 }];
  const { json } = await ask(app, 'POST', VERIFY, { after: 2, through: 4, expect: expected });
  expect(json.holds).toBe(true);
  const batch = Array.from({ length: 400 }, () => ({ kind: 'load-root', vcpu: 0, pgd: '0x1000' }));
  await ask(app, 'POST', '/v1/vms/vm-1/commands', batch);
  const expired = await ask(app, 'POST', VERIFY, { expect: expected });
  expect([expired.status, expired.json.code]).toEqual([410, 'events-expired']);
});

test.each([
  [{ expect: [] }, '/expect'],
  [{ expect: [{ kind: 'count' }] }, '/expect/0'],
  [{ expect: [{ kind: 'count', exactly: 1, atMost: 2 }] }, '/expect/0'],
  [{ expect: [{ kind: 'count', atLeast: 3, atMost: 2 }] }, '/expect/0'],
  [
    { expect: [{ kind: 'never', of: { where: [{ path: '/x', value: 1 }] } }] },
    '/expect/0/of/where/0/path',
  ],
  [{ expect: [{ kind: 'order', of: [{}] }] }, '/expect/0/of'],
  [{ after: 3, through: 2, expect: [{ kind: 'never' }] }, '/after'],
  [{ through: 9, expect: [{ kind: 'never' }] }, '/through'],
])('a verification with %o is refused at %s', async (body, path) => {
  const app = await withHistory();
  const { status, json } = await ask(app, 'POST', VERIFY, body);
  expect([status, json.code, json.errors[0].path]).toEqual([400, 'invalid-request', path]);
});

test('a verification of what is not there is refused', async () => {
  const app = await withHistory();
  const expectation = { kind: 'state', vcpu: 1, where: [{ path: '/cr3', value: '0x0' }] };
  const { json } = await ask(app, 'POST', VERIFY, { expect: [expectation] });
  expect(json.code).toBe('vcpu-not-found');
  const gone = await ask(app, 'POST', '/v1/vms/nope/verify', { expect: [{ kind: 'never' }] });
  expect(gone.json.code).toBe('vm-not-found');
});

test('a lookup is explained', async () => {
  const app = await withHistory();
  await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/enter');
  const { seq } = (await ask(app, 'GET', '/v1/vms/vm-1')).json;
  const path = '/v1/vms/vm-1/vcpus/0/explain';
  const { status, json } = await ask(app, 'GET', `${path}?pgd=0x2000&mmu=root`);
  expect([status, json.found, json.requests, json.seq, json.summary]).toEqual([
    200,
    'current',
    ['LOAD_MMU_PGD'],
    seq,
    'Hit in current',
  ]);
  expect(json.slots[1]).toEqual({
    slot: 'prev0',
    root: null,
    usable: false,
    mismatches: ['no-root'],
    role: null,
    obsolete: false,
    owes: { sync: false, flush: false },
  });
  expect((await ask(app, 'GET', path)).status).toBe(400);
  expect((await ask(app, 'GET', '/v1/vms/nope/vcpus/0/explain?pgd=0x0')).json.code).toBe(
    'vm-not-found',
  );
  expect((await ask(app, 'GET', '/v1/vms/vm-1/vcpus/9/explain?pgd=0x0')).json.code).toBe(
    'vcpu-not-found',
  );
});
