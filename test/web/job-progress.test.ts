import { expect, test } from 'vitest';
import { RequestFailed } from '../../web/api/client.js';
import type { WireJob } from '../../web/api/wire.js';
import { progressOf } from '../../web/model/job-progress.js';

/** A server that answers as it is told: with a job in a state, or with a status. */
function serverOf(...answers: readonly (WireJob['state'] | number)[]) {
  const left = [...answers];
  return async () => {
    const next = left.shift() ?? 0;
    if (typeof next === 'number') throw new RequestFailed(next, `status ${next}`);
    return { id: 'job-1', state: next } as WireJob;
  };
}

async function statesOf(look: ReturnType<typeof serverOf>): Promise<string[]> {
  const states: string[] = [];
  try {
    for await (const { state } of progressOf('job-1', { look, pauseMs: 0 })) states.push(state);
  } catch (error) {
    states.push((error as Error).message);
  }
  return states;
}

test('a job is followed across requests that nobody answered', async () => {
  const server = serverOf('running', 0, 503, 429, 0, 'running', 0, 'done', 'failed');
  expect(await statesOf(server)).toEqual(['running', 'running', 'done']);
});

test('a job that is not there, and a server that is gone, end it', async () => {
  expect(await statesOf(serverOf('running', 404, 'done'))).toEqual(['running', 'status 404']);
  expect(await statesOf(serverOf('queued', 0, 0, 0, 0, 503, 'done'))).toEqual([
    'queued',
    'status 503',
  ]);
});
