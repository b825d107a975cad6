import { NO_STORE, type ValueStore } from '../wire/value-store.js';
import type { Job, JobKind } from './job.js';
import { cutShort } from './job-problem.js';

/** Key of the number of jobs that there were. */
const COUNT = '#';

/** Kinds whose results need nothing beside them. */
const KEPT: readonly JobKind[] = ['race', 'sweep', 'shrink', 'exploration'];

/** Keeps jobs beyond the process. Those of traces end with it, as the traces do. */
export class JobStore {
  /** Number of jobs that earlier processes started. */
  readonly count: number;
  readonly #store: ValueStore;

  constructor(store: ValueStore = NO_STORE) {
    this.#store = store;
    this.count = Number(store.kept.get(COUNT) ?? 0);
  }

  /** The jobs of earlier processes, oldest first. Those that had not ended failed by the restart. */
  *jobs(now: number): Generator<Job> {
    const kept = [...this.#store.kept].filter(([key]) => key !== COUNT);
    const jobs = kept.map(([, job]) => job as Job).sort((a, b) => a.number - b.number);
    for (const job of jobs) yield job.endedAt === null ? interrupted(job, now) : job;
  }

  put(job: Job): void {
    if (job.state === 'queued') this.#store.put(COUNT, job.number);
    if (KEPT.includes(job.kind)) this.#store.put(job.id, job);
  }

  remove({ id, kind }: Pick<Job, 'id' | 'kind'>): void {
    if (KEPT.includes(kind)) this.#store.remove(id);
  }
}

function interrupted(job: Job, now: number): Job {
  return { ...job, state: 'failed', endedAt: now, leftMs: null, problem: cutShort(job) };
}
