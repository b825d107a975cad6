import type { Limits } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import type { IdMaker } from '../wire/ids.js';
import {
  createJob,
  type DistantWork,
  type Job,
  type JobKind,
  type JobState,
  type JobTally,
  type JobWork,
} from './job.js';
import { cutShort } from './job-problem.js';
import { type JobEnd, type JobEntry, JobRunner } from './job-runner.js';
import { JobStore } from './job-store.js';
import type { JobsOptions } from './jobs-options.js';
import { forgottenOf } from './kept-jobs.js';
import { OthersJobs } from './others-jobs.js';
import { wokenOr } from './woken.js';

/**
 * Runs jobs beside the requests, in slices: a few in turns, while the others queue. Ended jobs are
 * kept for a limited time, and a limited number of them.
 */
export class Jobs {
  readonly #limits: Limits;
  readonly #ids: IdMaker;
  readonly #now: () => number;
  readonly #entries = new Map<string, JobEntry>();
  readonly #ended = { done: 0, failed: 0, cancelled: 0 };
  readonly #runner: JobRunner;
  readonly #store: JobStore;
  readonly #others: OthersJobs;
  #created: number;
  #waiting = 0;
  /** Places of jobs that are about to start. */
  #reserved = 0;

  constructor({ limits, log, ids, now, store = new JobStore() }: JobsOptions) {
    this.#limits = limits;
    this.#ids = ids;
    this.#now = now;
    this.#runner = new JobRunner({ limits, log, now, end: this.#end.bind(this) });
    this.#store = store;
    this.#created = store.count;
    for (const job of store.jobs(now())) this.#noteEnd(this.#take(job, null));
    this.#others = new OthersJobs({
      ...{ store, entries: this.#entries },
      own: () => this.#runner.entries(),
      take: (job) => this.#take(job, null),
      cancel: (entry) => this.#end(entry, 'cancelled'),
    });
  }

  get tally(): JobTally {
    return { ended: this.#ended, sliceMsMax: this.#runner.sliceMsMax };
  }

  /** Number of jobs in a state. */
  count(state: JobState): number {
    let count = 0;
    for (const { job } of this.#entries.values()) if (job.state === state) count += 1;
    return count;
  }

  /** @throws {ApiError} If the bound of jobs that have not ended is met. */
  start<R>(kind: JobKind, work: JobWork<R> | DistantWork<R>): Job<R> {
    this.#demandPlace();
    this.#created += 1;
    const number = this.#created;
    const id = this.#ids('job', number);
    const { total } = work;
    const job = createJob<R>({ id, number, kind, total, createdAt: this.#now() });
    const entry = this.#take(job, work);
    // Kept as queued, before it may begin.
    this.#store.put(job);
    this.#runner.add(entry);
    return job;
  }

  /**
   * Takes a place for a job whose input is still to come.
   *
   * @returns Gives the place back, before the job starts.
   * @throws {ApiError} If the bound of jobs that have not ended is met.
   */
  reserve(): () => void {
    this.#demandPlace();
    this.#reserved += 1;
    return () => {
      this.#reserved -= 1;
    };
  }

  /** @throws {ApiError} If there is no such job, or it is no longer kept. */
  get(id: string): Job {
    return this.#demand(id).job;
  }

  /** The job of this id, if it is kept. */
  find(id: string): Job | undefined {
    this.#forgetOld();
    return this.#entries.get(id)?.job;
  }

  /** The jobs created after `number`, in the order of their creation. */
  *list(number: number): Generator<Job> {
    this.#forgetOld();
    for (const { job } of this.#entries.values()) if (job.number > number) yield job;
  }

  /** Ends a job that has not ended, and forgets it. @throws {ApiError} If there is none. */
  cancel(id: string): void {
    const entry = this.#demand(id);
    if (entry.work !== null) this.#end(entry, 'cancelled');
    this.#forget(entry.job);
  }

  /**
   * Waits until a job has ended.
   *
   * @param ms Longest wait, in milliseconds.
   * @param signal Fires when the client is gone.
   * @throws {ApiError} If the bound of waits is met.
   */
  async settled({ id }: Job, ms: number, signal: AbortSignal): Promise<void> {
    const { job, waiters } = this.#demand(id);
    if (job.endedAt !== null || ms <= 0 || signal.aborted) return;
    const { waits: waitsMax } = this.#limits;
    if (this.#waiting >= waitsMax) {
      throw new ApiError(
        'wait-limit-reached',
        `Cannot wait: ${waitsMax} clients do, the bound; ask without waiting`,
      );
    }
    this.#waiting += 1;
    await wokenOr(ms, waiters, signal);
    this.#waiting -= 1;
  }

  /** Fails all jobs that have not ended, because the server ends, and answers those who wait for them. */
  close(): void {
    this.#others.close();
    for (const entry of this.#runner.entries()) {
      entry.job.problem = cutShort(entry.job);
      this.#end(entry, 'failed');
    }
    this.#store.close();
  }

  #take(job: Job, work: JobEntry['work']): JobEntry {
    const isOwn = work !== null || !this.#store.isShared;
    const held = { leaving: new AbortController(), waiters: new Set<() => void>() };
    const times = { startedMs: performance.now(), endedMs: null };
    const entry: JobEntry = { job, isOwn, work, ...held, ...times };
    this.#created = Math.max(this.#created, job.number);
    this.#entries.set(job.id, entry);
    return entry;
  }

  #demand(id: string): JobEntry {
    this.#forgetOld();
    const entry = this.#entries.get(id);
    if (entry !== undefined) return entry;
    throw new ApiError('job-not-found', `Cannot find job "${id}": no such job, or no longer kept`);
  }

  #demandPlace(): void {
    const { jobs: jobsMax } = this.#limits;
    this.#forgetOld();
    if (this.#runner.entries().length + this.#reserved < jobsMax) return;
    throw new ApiError(
      'job-limit-reached',
      `Cannot start a job: ${jobsMax} are not done yet, the bound; wait, or cancel one`,
    );
  }

  #end(entry: JobEntry, state: JobEnd): void {
    entry.work?.release?.();
    entry.work = null;
    entry.leaving.abort();
    entry.job.state = state;
    entry.job.leftMs = null;
    entry.job.endedAt = this.#now();
    this.#noteEnd(entry);
    this.#ended[state] += 1;
    this.#store.put(entry.job);
    for (const wake of entry.waiters) wake();
    entry.waiters.clear();
    this.#runner.remove(entry);
  }

  /** Notes when a job ended that ended here, in an earlier process or on another server. */
  #noteEnd(entry: JobEntry): void {
    const { endedAt } = entry.job;
    if (endedAt !== null) entry.endedMs ??= performance.now() - Math.max(0, this.#now() - endedAt);
  }

  #forgetOld(): void {
    this.#others.giveUp(this.#now());
    const all = [...this.#entries.values()];
    const ended = all.filter(({ job }) => job.endedAt !== null);
    for (const entry of ended) this.#noteEnd(entry);
    for (const { job } of forgottenOf(ended, this.#limits, performance.now())) this.#forget(job);
  }

  #forget(job: Job): void {
    this.#entries.delete(job.id);
    this.#store.remove(job);
  }
}
