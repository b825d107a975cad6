import type { FastifyInstance } from 'fastify';
import { expect, test } from 'vitest';
import { ask, type Frame, startApp } from './start.js';

const JSON_TYPE = { 'content-type': 'application/json' };

const SMALL = {
  workloads: ['kpti'],
  policies: ['mainline', 'never-cache'],
  seeds: [1, 2],
  commands: 200,
  prices: ['xeon-8269cy-4.19'],
};

function sweep(app: FastifyInstance, body: object) {
  return ask(app, 'POST', '/v1/sweeps', JSON.stringify(body), JSON_TYPE);
}

async function ended(app: FastifyInstance, id: string): Promise<Frame> {
  const { json } = await ask(app, 'GET', `/v1/jobs/${id}`, undefined, { prefer: 'wait=60' });
  return json;
}

test('a sweep is a job with the counts of each race, summaries, curves and CSV', async () => {
  const app = await startApp();
  const begun = await sweep(app, { ...SMALL, prevRoots: [0, 3, 1] });
  expect([begun.status, begun.headers.location]).toEqual([202, '/v1/jobs/job-1']);
  expect(begun.json).toMatchObject({
    kind: 'sweep',
    progress: { done: 0, total: 1200, leftMs: null },
    result: null,
  });
  const job = await ended(app, 'job-1');
  expect([job.state, job.problem, job.progress]).toEqual([
    'done',
    null,
    { done: 1200, total: 1200, leftMs: null },
  ]);
  const { rows, summaries, curves, csv } = job.result;
  expect(rows.map(({ cell }: Frame) => [cell.prevRoots, cell.seed])).toEqual([
    ...[0, 3, 1].flatMap((slots) => [1, 2].map((seed) => [slots, seed])),
  ]);
  expect(summaries.map(({ policy, seeds }: Frame) => [policy, seeds])).toEqual([
    ...Array.from({ length: 3 }, () => ['never-cache', 2]),
  ]);
  expect(csv.split('\n')).toHaveLength(1 + 3 + 1);
  expect(
    curves.map(({ policy, points }: Frame) => [
      policy,
      points.map(({ prevRoots }: Frame) => prevRoots),
    ]),
  ).toEqual([
    ['mainline', [0, 1, 3]],
    ['never-cache', [0, 1, 3]],
  ]);
  // Without a slot every switch misses; with three, most do not.
  const [none, , three] = curves[0].points.map(({ cost }: Frame) => cost.least);
  expect(three).toBeLessThan(none);
});

test.each([
  ['413', 'job-too-long', { ...SMALL, commands: 50_000_000 }],
  ['404', 'price-list-not-found', { ...SMALL, prices: ['nobodys'] }],
  ['400', 'invalid-request', { ...SMALL, workloads: [] }],
  ['400', 'invalid-request', { ...SMALL, commands: 0 }],
])('a sweep that cannot be run is refused: %s %s', async (status, code, body) => {
  const app = await startApp();
  const refused = await sweep(app, body);
  expect([String(refused.status), refused.json.code]).toEqual([status, code]);
});

test('a sweep is cancelled while it runs', async () => {
  const app = await startApp();
  await sweep(app, { ...SMALL, seeds: [1, 2, 3, 4, 5], commands: 400_000 });
  const { status } = await ask(app, 'DELETE', '/v1/jobs/job-1');
  expect(status).toBe(204);
  expect((await ask(app, 'GET', '/v1/jobs/job-1')).status).toBe(404);
});
