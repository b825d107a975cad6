import type { Job } from './job.js';
import type { JobEntry } from './job-runner.js';
import { interrupted, type JobStore } from './job-store.js';

/** Milliseconds between two times that a server tells others how far its jobs are. */
const TELL_MS = 2000;

/** Milliseconds without a word after which the server of a job is taken to have ended. */
const SILENT_MS = 30_000;

export interface OthersJobsOptions {
  readonly store: JobStore;
  readonly entries: Map<string, JobEntry>;
  /** Jobs of this server that have not ended. */
  readonly own: () => readonly JobEntry[];
  /** Takes a job in that another server has. */
  readonly take: (job: Job) => void;
  /** Ends a job of this server that a client of another one has cancelled. */
  readonly cancel: (entry: JobEntry) => void;
}

/**
 * Jobs that other servers took: this one shows them, as those servers write them down, and has none of
 * their work.
 */
export class OthersJobs {
  readonly #options: OthersJobsOptions;
  /** Time of the newest word on each job of another server that has not ended. */
  readonly #heardAt = new Map<string, number>();
  readonly #timer: NodeJS.Timeout | null;

  constructor(options: OthersJobsOptions) {
    this.#options = options;
    const { store, own, entries } = options;
    this.#timer = store.isShared ? setInterval(() => this.#tell(own()), TELL_MS).unref() : null;
    store.follow((id, job) => this.#heard(id, job));
    if (!store.isShared) return;
    for (const { job } of entries.values()) this.#note(job);
  }

  /** Has the jobs fail of which nobody has said a word for long. @param now Time of day. */
  giveUp(now: number): void {
    for (const [id, heardAt] of this.#heardAt) {
      if (performance.now() - heardAt < SILENT_MS) continue;
      const entry = this.#options.entries.get(id);
      this.#heardAt.delete(id);
      if (entry !== undefined) change(entry, interrupted(entry.job, now));
    }
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  #tell(own: readonly JobEntry[]): void {
    for (const { job } of own) this.#options.store.put(job);
  }

  #heard(id: string, job: Job | null): void {
    const { entries, take, cancel } = this.#options;
    const entry = entries.get(id);
    const isOwn = entry?.isOwn;
    if (job === null) {
      this.#heardAt.delete(id);
      if (entry === undefined) return;
      if (isOwn && entry.work !== null) cancel(entry);
      entries.delete(id);
    } else if (entry === undefined) take(job);
    else if (!isOwn) change(entry, job);
    if (job !== null && !isOwn) this.#note(job);
  }

  #note({ id, endedAt }: Job): void {
    if (endedAt === null) this.#heardAt.set(id, performance.now());
    else this.#heardAt.delete(id);
  }
}

function change(entry: JobEntry, job: Job): void {
  Object.assign(entry.job, job);
  if (job.endedAt === null) return;
  for (const wake of entry.waiters) wake();
  entry.waiters.clear();
}
