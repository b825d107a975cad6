import type { Problem } from '../wire/problem.js';

export const JOB_STATES = ['queued', 'running', 'done', 'failed', 'cancelled'] as const;
export type JobState = (typeof JOB_STATES)[number];

/** What a job does, in steps that are so small that others can be served between any two of them. */
export interface JobWork<R> {
  /** Steps that there are to do; null if nobody knows yet. */
  readonly total: number | null;
  /** Yields how many steps are done, and ends with the result. */
  readonly steps: Iterator<number, R>;
  /** Room that it takes now, in pages of 4 KiB. */
  readonly pages: () => number;
}

/** Work that outlasts its request. What its result is, its kind says. */
export interface Job<R = unknown> {
  readonly id: string;
  /** Rises by one a job: what a cursor of the list points to. */
  readonly number: number;
  readonly kind: string;
  state: JobState;
  done: number;
  readonly total: number | null;
  readonly createdAt: number;
  startedAt: number | null;
  endedAt: number | null;
  result: R | null;
  problem: Problem | null;
}
