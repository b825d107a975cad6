import type { Problem } from '../wire/problem.js';

export const JOB_STATES = ['queued', 'running', 'done', 'failed', 'cancelled'] as const;
export type JobState = (typeof JOB_STATES)[number];

export const JOB_KINDS = ['race', 'sweep', 'trace', 'shrink', 'exploration', 'coverage'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** The work of a job, in steps so small that other requests are served between any two of them. */
export interface JobWork<R> extends Held<R> {
  /** Yields the number of steps done, and ends with the result. */
  readonly steps: Iterator<number, R>;
}

/** The work of a job that is done elsewhere, so that requests need not wait for it. */
export interface DistantWork<R> extends Held<R> {
  /**
   * Does all of it.
   *
   * @param watch Its signal fires when nobody wants the result any more.
   */
  run(watch: DistantWatch): Promise<R>;
}

export interface DistantWatch {
  /** Id of the job. */
  readonly job: string;
  readonly signal: AbortSignal;
  /** @param done Number of steps done. */
  progress(done: number): void;
}

/** Things that the work of a job has, wherever it is done. */
interface Held<R> {
  /** Number of steps; null while it is unknown. */
  readonly total: number | null;
  /** The same by now, where it grows with the work. */
  totalNow?(): number | null;
  /** Memory that the work takes now, in pages of 4 KiB. */
  readonly pages: () => number;
  /** Memory that the result takes as long as it is kept, in such pages; by default next to nothing. */
  resultPages?(result: R): number;
  /** Lets go of what is held outside of memory. Called once, whatever the end. */
  release?(): void;
}

/** Work that goes on after its request was answered. The kind tells the type of the result. */
export interface Job<R = unknown> {
  readonly id: string;
  /** Rises by one with each job. Cursors of the list are numbers. */
  readonly number: number;
  readonly kind: JobKind;
  state: JobState;
  done: number;
  total: number | null;
  /** Milliseconds to its end at the pace so far; null before it runs, and after. */
  leftMs: number | null;
  readonly createdAt: number;
  startedAt: number | null;
  endedAt: number | null;
  result: R | null;
  /** Memory of the result, in pages of 4 KiB. */
  resultPages: number;
  problem: Problem | null;
}

/** Counts of ended jobs, and the longest slice. */
export interface JobTally {
  readonly ended: Readonly<Record<'done' | 'failed' | 'cancelled', number>>;
  /** Longest time that a job kept requests waiting, in milliseconds. */
  readonly sliceMsMax: number;
}

/** A job that waits for its turn. */
export function createJob<R>(
  parts: Pick<Job<R>, 'id' | 'number' | 'kind' | 'total' | 'createdAt'>,
): Job<R> {
  return {
    ...parts,
    ...{ state: 'queued', done: 0, leftMs: null, startedAt: null, endedAt: null },
    ...{ result: null, resultPages: 0, problem: null },
  };
}

/**
 * Milliseconds that a running job still takes at its pace so far; null if none can tell.
 *
 * @param ranMs Milliseconds that it has run.
 */
export function leftMsOf({ state, done, total }: Job, ranMs: number): number | null {
  if (state !== 'running' || total === null || done === 0) return null;
  return Math.round((ranMs * (total - done)) / done);
}
