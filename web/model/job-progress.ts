import type { RequestFailed } from '../api/client.js';
import { getJob } from '../api/jobs.js';
import type { WireJob } from '../api/wire.js';

/** Seconds that one request waits for the end: short enough for a progress bar that moves. */
const PROGRESS_EVERY_SECONDS = 1;

/** Requests without an answer, one after the other, until a server counts as gone. */
const FAILURES_MAX = 5;
const PAUSE_MS = 1000;

/** Statuses of a server that may answer next time: none at all, too busy, or on its way down. */
const PASSING: readonly number[] = [0, 429, 503];

export function hasToGo({ state }: Pick<WireJob, 'state'>): boolean {
  return state === 'queued' || state === 'running';
}

/**
 * States of a job as time goes by; the last one is that of its end. A job goes on while nobody
 * asks, so a request that is not answered is sent again.
 *
 * @param look Asks for the job.
 * @throws {RequestFailed} If there is no such job, or the server does not answer any more.
 */
export async function* progressOf(
  id: string,
  { look = getJob, pauseMs = PAUSE_MS }: { look?: typeof getJob; pauseMs?: number } = {},
): AsyncGenerator<WireJob, void> {
  let failures = 0;
  for (;;) {
    try {
      const job = await look(id, PROGRESS_EVERY_SECONDS);
      failures = 0;
      yield job;
      if (!hasToGo(job)) return;
    } catch (error) {
      failures += 1;
      const isPassing = PASSING.includes((error as RequestFailed).status);
      if (!isPassing || failures === FAILURES_MAX) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
