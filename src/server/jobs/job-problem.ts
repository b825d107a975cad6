import type { FleetLog } from '../fleet/fleet-options.js';
import { ApiError } from '../wire/errors.js';
import { type Problem, problemOf } from '../wire/problem.js';
import type { Job } from './job.js';

/** Problem of a job that failed. Details of our own errors go into the log, not to the client. */
export function jobProblemOf(error: unknown, { id }: Job, log: FleetLog): Problem {
  if (error instanceof ApiError) return problemOf(error);
  log.error({ err: error, job: id }, 'Job failed');
  return problemOf(
    new ApiError('internal', `Cannot finish "${id}": an error of the server, which its log shows`),
  );
}

/** Problem of a job that had not ended when its server did. */
export function cutShort({ id }: Job): Problem {
  const why = `Cannot finish "${id}": the server ended before it was done; start the job again`;
  return problemOf(new ApiError('not-ready', why));
}
