import type { Limits } from '../wire/bounds.js';
import type { Job } from './job.js';

/**
 * Ended jobs that are no longer kept, because they are too old, too many or too big together: the
 * oldest go first, and the newest stays whatever it takes.
 *
 * @param ended In the order of their creation.
 * @param now Time of day in milliseconds.
 */
export function* forgottenOf(
  ended: readonly Job[],
  { jobsKept: jobsKeptMax, jobKeptMs, jobResultPages: jobResultPagesMax }: Limits,
  now: number,
): Generator<Job> {
  let pages = ended.reduce((sum, { resultPages }) => sum + resultPages, 0);
  for (const [place, job] of ended.entries()) {
    const left = ended.length - place;
    const isOver = left > jobsKeptMax || (pages > jobResultPagesMax && left > 1);
    if (!isOver && now - (job.endedAt ?? now) <= jobKeptMs) continue;
    pages -= job.resultPages;
    yield job;
  }
}
