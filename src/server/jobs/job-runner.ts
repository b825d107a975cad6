import type { FleetLog } from '../fleet/fleet-options.js';
import type { Limits } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import { type DistantWork, type Job, type JobWork, leftMsOf } from './job.js';
import { jobProblemOf } from './job-problem.js';

/** A job, and what it has while it lasts. */
export interface JobEntry {
  readonly job: Job;
  /** Whether this server has it, and no other. */
  readonly isOwn: boolean;
  /** Milliseconds of `performance.now()` at its beginning, which no clock that is set moves. */
  startedMs: number;
  /** The same at its end; null until that is known here. */
  endedMs: number | null;
  /** Null once the job has ended, so that its memory is freed. */
  work: JobWork<unknown> | DistantWork<unknown> | null;
  /** Fires when the job ends, so that work elsewhere is given up. */
  readonly leaving: AbortController;
  readonly waiters: Set<() => void>;
}

export type JobEnd = 'done' | 'failed' | 'cancelled';

export interface JobRunnerOptions {
  readonly limits: Limits;
  readonly log: FleetLog;
  /** Returns the time of day in milliseconds. */
  readonly now: () => number;
  /** Ends a job, and takes it away from here. */
  readonly end: (entry: JobEntry, state: JobEnd) => void;
}

/** Runs a few jobs at a time, while the others queue: here in slices, or elsewhere. */
export class JobRunner {
  readonly #limits: Limits;
  readonly #log: FleetLog;
  readonly #now: () => number;
  readonly #end: JobRunnerOptions['end'];
  /** Running jobs, the next one first. */
  #running: JobEntry[] = [];
  #queue: JobEntry[] = [];
  #sliceMsMax = 0;
  #turn: NodeJS.Immediate | null = null;

  constructor({ limits, log, now, end }: JobRunnerOptions) {
    this.#limits = limits;
    this.#log = log;
    this.#now = now;
    this.#end = end;
  }

  /** Longest time that a job kept requests waiting, in milliseconds. */
  get sliceMsMax(): number {
    return this.#sliceMsMax;
  }

  /** Jobs that have not ended. */
  entries(): JobEntry[] {
    return [...this.#running, ...this.#queue];
  }

  add(entry: JobEntry): void {
    this.#queue.push(entry);
    this.#wake();
  }

  remove(entry: JobEntry): void {
    const isOther = (candidate: JobEntry) => candidate !== entry;
    this.#running = this.#running.filter(isOther);
    this.#queue = this.#queue.filter(isOther);
    this.#wake();
  }

  #wake(): void {
    while (this.#running.length < this.#limits.jobsRunning) {
      const next = this.#queue.shift();
      if (next === undefined) break;
      next.job.state = 'running';
      next.job.startedAt = this.#now();
      next.startedMs = performance.now();
      this.#running.push(next);
      if (next.work !== null && 'run' in next.work) void this.#runElsewhere(next, next.work);
    }
    if (this.#turn !== null || !this.#running.some(isSliced)) return;
    // An immediate runs after pending I/O, so requests are answered between slices.
    this.#turn = setImmediate(() => {
      this.#turn = null;
      const entry = this.#running.find(isSliced);
      if (entry !== undefined) {
        this.#running = [...this.#running.filter((other) => other !== entry), entry];
        this.#runSlice(entry);
      }
      this.#wake();
    });
  }

  #runSlice(entry: JobEntry): void {
    const { job, work } = entry;
    if (work === null || 'run' in work) return;
    const begun = performance.now();
    let now = begun;
    try {
      do {
        const { done, value } = work.steps.next();
        if (done === true) {
          this.#finish(entry, value);
          break;
        }
        job.done = value as number;
        now = performance.now();
      } while (now - begun < this.#limits.jobSliceMs);
      if (entry.work !== null) this.#goOn(entry);
    } catch (error) {
      this.#fail(entry, error);
    }
    this.#sliceMsMax = Math.max(this.#sliceMsMax, performance.now() - begun);
  }

  /** Runs work elsewhere. News that come after the job has ended are of no interest any more. */
  async #runElsewhere(entry: JobEntry, work: DistantWork<unknown>): Promise<void> {
    const { job, leaving } = entry;
    try {
      const progress = (done: number) => {
        if (entry.work === null) return;
        job.done = done;
        try {
          this.#goOn(entry);
        } catch (error) {
          this.#fail(entry, error);
        }
      };
      const result = await work.run({ job: job.id, signal: leaving.signal, progress });
      if (entry.work !== null) this.#finish(entry, result);
    } catch (error) {
      if (entry.work !== null) this.#fail(entry, error);
    }
  }

  #goOn({ job, work, startedMs }: JobEntry): void {
    job.total = work?.totalNow?.() ?? job.total;
    job.leftMs = leftMsOf(job, performance.now() - startedMs);
    this.#demandRoom(job);
  }

  #finish(entry: JobEntry, result: unknown): void {
    const { job, work } = entry;
    job.result = result;
    job.total = work?.totalNow?.() ?? job.total;
    job.resultPages = work?.resultPages?.(result) ?? 0;
    if (job.total !== null) job.done = job.total;
    this.#end(entry, 'done');
  }

  #fail(entry: JobEntry, error: unknown): void {
    entry.job.problem = jobProblemOf(error, entry.job, this.#log);
    this.#end(entry, 'failed');
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
}

function isSliced({ work }: JobEntry): boolean {
  return work !== null && 'steps' in work;
}
