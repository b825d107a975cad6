import type { Limits } from '../wire/bounds.js';
import type { JobEntry } from './job-runner.js';

/**
 * Ended jobs that are no longer kept, because they are too old, too many or too big together: the
 * oldest go first, and the newest stays whatever it takes.
 *
 * @param ended In the order of their creation.
 * @param now `performance.now()`, in milliseconds.
 */
export function* forgottenOf(
  ended: readonly JobEntry[],
  { jobsKept: jobsKeptMax, jobKeptMs, jobResultPages: jobResultPagesMax }: Limits,
  now: number,
): Generator<JobEntry> {
  let pages = ended.reduce((sum, { job }) => sum + job.resultPages, 0);
  for (const [place, entry] of ended.entries()) {
    const left = ended.length - place;
    const isOver = left > jobsKeptMax || (pages > jobResultPagesMax && left > 1);
    if (!isOver && now - (entry.endedMs ?? now) <= jobKeptMs) continue;
    pages -= entry.job.resultPages;
    yield entry;
  }
}
