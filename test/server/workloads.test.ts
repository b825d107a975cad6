import { expect, test } from 'vitest';
import { WORKLOAD_NAMES, WORKLOADS, type Workload } from '../../src/lab/index.js';
import { CaseFile, tokenOf } from '../../src/server/index.js';
import { ask, listen, shareApp, startApp } from './start.js';

/** For refusals, which leave it as it was. */
const shared = shareApp();

const NDJSON = { accept: 'application/x-ndjson' };

test('every workload is listed with its parameters', async () => {
  const app = await startApp();
  const { status, json } = await ask(app, 'GET', '/v1/workloads');
  expect(status).toBe(200);
  expect(json.workloads.map(({ name }: Workload) => name)).toEqual(WORKLOAD_NAMES);
  expect(json.workloads[0].parameters.slice(0, 2)).toEqual([
    {
      name: 'commands',
      kind: 'count',
      summary: 'Commands that are made.',
      min: 0,
      max: 100_000,
      default: 5000,
    },
    {
      name: 'processes',
      kind: 'count',
      summary: 'Processes; each has a PCID for the kernel and one for the user.',
      min: 1,
      max: 64,
      default: 3,
    },
  ]);
});

test.each(WORKLOAD_NAMES)('%s is a case that can be played', async (name) => {
  const app = await startApp();
  const made = await ask(app, 'GET', `/v1/workloads/${name}?seed=7&commands=300&kernel=7.3`);
  expect(made.status).toBe(200);
  expect(made.headers['content-disposition']).toBe(`attachment; filename="${name}-7.case.json"`);
  const file = CaseFile.parse(made.json);
  expect(file.config).toMatchObject({ policy: 'mainline', kernel: '7.3' });
  expect(file.commands).toEqual([...WORKLOADS[name].commandsOf({ commands: 300 }, 7)]);

  const played = await ask(app, 'POST', '/v1/cases', made.json);
  expect(played.status).toBe(201);
  expect(played.json).toMatchObject({ met: true });
});

test('as lines it is the commands alone, which a VM of its configuration takes', async () => {
  const { port } = await listen();
  const base = `http://127.0.0.1:${port}/v1`;
  const lines = await fetch(`${base}/workloads/shootdown?commands=12000&vcpus=3`, {
    headers: NDJSON,
  });
  expect([lines.status, lines.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
  const text = await lines.text();
  const given = { commands: 12_000, vcpus: 3 };
  expect(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).kind),
  ).toEqual([...WORKLOADS.shootdown.commandsOf(given, 1)].map(({ kind }) => kind));

  const nothing = await fetch(`${base}/workloads/shootdown?commands=0&vcpus=3`);
  const { config, commands } = (await nothing.json()) as { config: object; commands: object[] };
  expect(commands).toEqual([]);
  const created = await fetch(`${base}/vms`, json(config));
  const { id } = (await created.json()) as { id: string };
  const applied = await fetch(`${base}/vms/${id}/commands`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: text,
  });
  const results = (await applied.text()).trimEnd().split('\n');
  expect(results).toHaveLength(12_000);
  expect(JSON.parse(results.at(-1) ?? '')).toMatchObject({ outcome: { kind: 'ok' } });
});

test.each([
  ['pages=65', '/pages', 'Too big: expected number to be <=64'],
  ['processes=0', '/processes', 'Too small: expected number to be >=1'],
  ['commands=100001', '/commands', 'Too big: expected number to be <=100000'],
  ['commands=10001', '/commands', 'a case has at most 10000; ask for "application/x-ndjson"'],
  ['seed=4294967296', '/seed', 'Too big: expected number to be <=4294967295'],
  ['policy=best', '/policy', expect.stringContaining('Invalid option')],
  ['vcpus=2', '/vcpus', 'unknown field'],
])('refuses %s', async (query, path, message) => {
  const app = await shared();
  const { status, json: problem } = await ask(app, 'GET', `/v1/workloads/kpti?${query}`);
  expect([status, problem.code]).toEqual([400, 'invalid-request']);
  expect(problem.errors).toEqual([{ in: 'query', path, message }]);
});

test('no other workload is there', async () => {
  const app = await startApp();
  const { status, json: problem } = await ask(app, 'GET', '/v1/workloads/nope');
  expect([status, problem.code]).toEqual([404, 'route-not-found']);
});

test('is refused to whom everything else is refused', async () => {
  const tokens = [tokenOf('read', 'read-0123456789abcdef')];
  const app = await startApp({ tokens });
  const url = '/v1/workloads/kpti?commands=1';
  expect((await ask(app, 'GET', url)).json.code).toBe('token-required');
  const wrong = { authorization: 'Bearer nobody-0123456789abcdef' };
  expect((await ask(app, 'GET', url, undefined, wrong)).json.code).toBe('token-refused');
  const right = { authorization: 'Bearer read-0123456789abcdef' };
  expect((await ask(app, 'GET', url, undefined, right)).status).toBe(200);
  const host = await ask(app, 'GET', url, undefined, { ...right, host: 'evil.test' });
  expect([host.status, host.json.code]).toEqual([403, 'host-refused']);
  const post = await ask(await startApp(), 'POST', '/v1/workloads', {});
  expect([post.status, post.headers.allow]).toEqual([405, 'GET, HEAD']);
});

function json(body: object) {
  const headers = { 'content-type': 'application/json' };
  return { method: 'POST', headers, body: JSON.stringify(body) };
}
