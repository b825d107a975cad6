import { expect, onTestFinished, test, vi } from 'vitest';
import type { Job } from '../../src/server/jobs/job.js';
import { JobStore } from '../../src/server/jobs/job-store.js';
import { Jobs } from '../../src/server/jobs/jobs.js';
import { DEFAULT_LIMITS } from '../../src/server/wire/bounds.js';
import { NO_STORE } from '../../src/server/wire/value-store.js';
import { plainIds } from './start.js';

const HOUR_MS = 3_600_000;
const YEARS_MS = 10 * 365 * 24 * HOUR_MS;

function jobsAt(now: () => number, store?: JobStore): Jobs {
  const log = { error: () => {}, info: () => {} };
  return new Jobs({ limits: DEFAULT_LIMITS, log, ids: plainIds, now, ...(store && { store }) });
}

async function ended(jobs: Jobs): Promise<Job> {
  const steps = (function* () {
    yield 1;
    return 'done';
  })();
  const job = jobs.start('race', { total: 1, steps, pages: () => 0 });
  await jobs.settled(job, 60_000, new AbortController().signal);
  return job;
}

test('a clock that jumps forgets no job, and an hour of the process does', async () => {
  let time = Date.UTC(2026, 0, 1);
  const jobs = jobsAt(() => time);
  const { id } = await ended(jobs);
  time += YEARS_MS;
  expect(jobs.get(id).state).toBe('done');
  time -= 2 * YEARS_MS;
  expect(jobs.get(id).state).toBe('done');
  vi.useFakeTimers({ toFake: ['performance'], now: 0 });
  onTestFinished(() => void vi.useRealTimers());
  vi.advanceTimersByTime(HOUR_MS);
  const later = await ended(jobs);
  vi.advanceTimersByTime(HOUR_MS);
  expect([jobs.find(id), jobs.find(later.id)?.state]).toEqual([undefined, 'done']);
  vi.advanceTimersByTime(1);
  expect(jobs.find(later.id)).toBeUndefined();
});

test('a job of an earlier process is as old as the time of day says, and none is from later', async () => {
  const now = Date.UTC(2026, 0, 1);
  const { id: _, ...rest } = await ended(jobsAt(() => now));
  const kept = new Map<string, unknown>();
  for (const [id, endedAt] of [
    ['job-1', now - HOUR_MS - 1000],
    ['job-2', now - 1000],
    ['job-3', now + YEARS_MS],
  ] as const) {
    kept.set(id, { ...rest, id, endedAt });
  }
  const store = new JobStore({ ...NO_STORE, kept });
  const jobs = jobsAt(() => now, store);
  expect([...jobs.list(0)].map(({ id }) => id)).toEqual(['job-2', 'job-3']);
});
