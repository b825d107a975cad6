import { getJob } from '../api/jobs.js';
import type { WireJob } from '../api/wire.js';

/** Seconds that one request waits for the end: short enough for a progress bar that moves. */
const PROGRESS_EVERY_SECONDS = 1;

export function hasToGo({ state }: Pick<WireJob, 'state'>): boolean {
  return state === 'queued' || state === 'running';
}

/**
 * States of a job as time goes by; the last one is that of its end.
 *
 * @throws {RequestFailed} If there is no such job, or the server does not answer.
 */
export async function* progressOf(id: string): AsyncGenerator<WireJob, void> {
  for (;;) {
    const job = await getJob(id, PROGRESS_EVERY_SECONDS);
    yield job;
    if (!hasToGo(job)) return;
  }
}
