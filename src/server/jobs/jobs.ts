import type { FleetLog } from '../fleet/fleet-options.js';
import type { Limits } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import type { IdMaker } from '../wire/ids.js';
import {
  createJob,
  type Job,
  type JobKind,
  type JobState,
  type JobTally,
  type JobWork,
  leftMsOf,
} from './job.js';
import { jobProblemOf } from './job-problem.js';
import { JobStore } from './job-store.js';
import type { Entry, JobsOptions } from './jobs-options.js';
import { forgottenOf } from './kept-jobs.js';

/**
 * Runs jobs beside the requests, in slices: a few in turns, while the others queue. Ended jobs are
 * kept for a limited time, and a limited number of them.
 */
export class Jobs {
  readonly #limits: Limits;
  readonly #log: FleetLog;
  readonly #ids: IdMaker;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();
  readonly #ended = { done: 0, failed: 0, cancelled: 0 };
  /** Running jobs, the next one first. */
  #running: Entry[] = [];
  #queue: Entry[] = [];
  readonly #store: JobStore;
  #created: number;
  #waiting = 0;
  /** Places of jobs that are about to start. */
  #reserved = 0;
  #sliceMsMax = 0;
  #turn: NodeJS.Immediate | null = null;

  constructor({ limits, log, ids, now, store = new JobStore() }: JobsOptions) {
    this.#limits = limits;
    this.#log = log;
    this.#ids = ids;
    this.#now = now;
    this.#store = store;
    this.#created = store.count;
    for (const job of store.jobs(now())) this.#take(job, null);
  }

  get tally(): JobTally {
    return { ended: this.#ended, sliceMsMax: this.#sliceMsMax };
  }

  /** Number of jobs in a state. */
  count(state: JobState): number {
    let count = 0;
    for (const { job } of this.#entries.values()) if (job.state === state) count += 1;
    return count;
  }

  /** @throws {ApiError} If the bound of jobs that have not ended is met. */
  start<R>(kind: JobKind, work: JobWork<R>): Job<R> {
    this.#demandPlace();
    this.#created += 1;
    const number = this.#created;
    const id = this.#ids('job', number);
    const { total } = work;
    const job = createJob<R>({ id, number, kind, total, createdAt: this.#now() });
    this.#queue.push(this.#take(job, work));
    this.#store.put(job);
    this.#wake();
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
    const { work, waiters } = this.#demand(id);
    if (work === null || ms <= 0 || signal.aborted) return;
    const { waits: waitsMax } = this.#limits;
    if (this.#waiting >= waitsMax) {
      throw new ApiError(
        'wait-limit-reached',
        `Cannot wait: ${waitsMax} clients do, the bound; ask without waiting`,
      );
    }
    this.#waiting += 1;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener('abort', () => resolve(), { once: true });
      waiters.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    this.#waiting -= 1;
  }

  /** Cancels all jobs that have not ended, because the server closes. */
  close(): void {
    for (const entry of [...this.#running, ...this.#queue]) this.#end(entry, 'cancelled');
  }

  #take(job: Job, work: Entry['work']): Entry {
    const entry: Entry = { job, work, waiters: new Set() };
    this.#entries.set(job.id, entry);
    return entry;
  }

  #demand(id: string): Entry {
    this.#forgetOld();
    const entry = this.#entries.get(id);
    if (entry !== undefined) return entry;
    throw new ApiError('job-not-found', `Cannot find job "${id}": no such job, or no longer kept`);
  }

  #demandPlace(): void {
    const { jobs: jobsMax } = this.#limits;
    this.#forgetOld();
    if (this.#running.length + this.#queue.length + this.#reserved < jobsMax) return;
    throw new ApiError(
      'job-limit-reached',
      `Cannot start a job: ${jobsMax} are not done yet, the bound; wait, or cancel one`,
    );
  }

  #wake(): void {
    while (this.#running.length < this.#limits.jobsRunning) {
      const next = this.#queue.shift();
      if (next === undefined) break;
      next.job.state = 'running';
      next.job.startedAt = this.#now();
      this.#running.push(next);
    }
    if (this.#running.length === 0 || this.#turn !== null) return;
    // An immediate runs after pending I/O, so requests are answered between slices.
    this.#turn = setImmediate(() => {
      this.#turn = null;
      const entry = this.#running.shift();
      if (entry !== undefined) {
        this.#running.push(entry);
        this.#runSlice(entry);
      }
      this.#wake();
    });
  }

  #runSlice(entry: Entry): void {
    const { job, work } = entry;
    if (work === null) return;
    const begun = performance.now();
    let now = begun;
    try {
      do {
        const { done, value } = work.steps.next();
        if (done === true) {
          job.result = value;
          job.resultPages = work.resultPages?.(value) ?? 0;
          if (job.total !== null) job.done = job.total;
          this.#end(entry, 'done');
          break;
        }
        job.done = value as number;
        now = performance.now();
      } while (now - begun < this.#limits.jobSliceMs);
      job.leftMs = leftMsOf(job, this.#now());
      if (entry.work !== null) this.#demandRoom(job);
    } catch (error) {
      job.problem = jobProblemOf(error, job, this.#log);
      this.#end(entry, 'failed');
    }
    this.#sliceMsMax = Math.max(this.#sliceMsMax, performance.now() - begun);
  }

  #demandRoom({ id }: Job): void {
    const { jobPages: jobPagesMax } = this.#limits;
    const pages = this.#running.reduce((sum, { work }) => sum + (work?.pages() ?? 0), 0);
    if (pages <= jobPagesMax) return;
    throw new ApiError(
      'memory-limit-reached',
      `Cannot go on with "${id}": jobs hold ${pages} pages, and ${jobPagesMax} is the bound; race fewer lanes`,
    );
  }

  #end(entry: Entry, state: keyof JobTally['ended']): void {
    const isOther = (candidate: Entry) => candidate !== entry;
    this.#running = this.#running.filter(isOther);
    this.#queue = this.#queue.filter(isOther);
    entry.work?.release?.();
    entry.work = null;
    entry.job.state = state;
    entry.job.leftMs = null;
    entry.job.endedAt = this.#now();
    this.#ended[state] += 1;
    this.#store.put(entry.job);
    for (const wake of entry.waiters) wake();
    entry.waiters.clear();
    this.#wake();
  }

  #forgetOld(): void {
    const ended = [...this.#entries.values()].filter(({ work }) => work === null);
    const jobs = ended.map(({ job }) => job);
    for (const job of forgottenOf(jobs, this.#limits, this.#now())) this.#forget(job);
  }

  #forget(job: Job): void {
    this.#entries.delete(job.id);
    this.#store.remove(job);
  }
}
