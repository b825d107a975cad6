import type { Problem } from '../wire/problem.js';

export const JOB_STATES = ['queued', 'running', 'done', 'failed', 'cancelled'] as const;
export type JobState = (typeof JOB_STATES)[number];

export const JOB_KINDS = ['race', 'sweep'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** The work of a job, in steps so small that other requests are served between any two of them. */
export interface JobWork<R> {
  /** Number of steps; null while it is unknown. */
  readonly total: number | null;
  /** Yields the number of steps done, and ends with the result. */
  readonly steps: Iterator<number, R>;
  /** Memory that the work takes now, in pages of 4 KiB. */
  readonly pages: () => number;
}

/** Work that goes on after its request was answered. The kind tells the type of the result. */
export interface Job<R = unknown> {
  readonly id: string;
  /** Rises by one with each job. Cursors of the list are numbers. */
  readonly number: number;
  readonly kind: JobKind;
  state: JobState;
  done: number;
  readonly total: number | null;
  /** Milliseconds to its end at the pace so far; null before it runs, and after. */
  leftMs: number | null;
  readonly createdAt: number;
  startedAt: number | null;
  endedAt: number | null;
  result: R | null;
  problem: Problem | null;
}

/** Milliseconds that a running job still takes at its pace so far; null if none can tell. */
export function leftMsOf({ state, done, total, startedAt }: Job, now: number): number | null {
  if (state !== 'running' || total === null || startedAt === null || done === 0) return null;
  return Math.round(((now - startedAt) * (total - done)) / done);
}
