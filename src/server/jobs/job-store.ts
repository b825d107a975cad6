import { NO_STORE, type ValueStore } from '../wire/value-store.js';
import type { Job, JobKind } from './job.js';
import { cutShort } from './job-problem.js';
import { KeptTraces } from './kept-traces.js';

/** Key of the number of jobs that there were. */
const COUNT = '#';

/** Kinds that are kept. A search for coverage is made again when somebody asks. */
const KEPT: readonly JobKind[] = ['race', 'sweep', 'shrink', 'exploration', 'trace'];

/** Keeps jobs beyond the process. */
export class JobStore {
  /** Number of jobs that earlier processes started. */
  readonly count: number;
  readonly #store: ValueStore;
  readonly #traces: KeptTraces;

  constructor(store: ValueStore = NO_STORE) {
    this.#store = store;
    this.#traces = new KeptTraces(store);
    this.count = Number(store.kept.get(COUNT) ?? 0);
  }

  /** The jobs of earlier processes, oldest first. Those that had not ended failed by the restart. */
  *jobs(now: number): Generator<Job> {
    const isJob = (key: string) => key !== COUNT && !KeptTraces.isPiece(key);
    const kept = [...this.#store.kept].filter(([key]) => isJob(key));
    const jobs = kept.map(([, job]) => this.#read(job as Job)).sort((a, b) => a.number - b.number);
    for (const job of jobs) yield job.endedAt === null ? interrupted(job, now) : job;
  }

  put(job: Job): void {
    if (job.state === 'queued') this.#store.put(COUNT, job.number);
    if (job.kind === 'trace' && job.result !== null) this.#traces.put(job);
    else if (KEPT.includes(job.kind)) this.#store.put(job.id, job);
  }

  remove(job: Job): void {
    if (job.kind === 'trace') this.#traces.remove(job);
    if (KEPT.includes(job.kind)) this.#store.remove(job.id);
  }

  /** Writes what is left to write, because the server ends. */
  close(): void {
    this.#traces.close();
  }

  #read(job: Job): Job {
    return job.kind === 'trace' ? this.#traces.read(job) : job;
  }
}

function interrupted(job: Job, now: number): Job {
  return { ...job, state: 'failed', endedAt: now, leftMs: null, problem: cutShort(job) };
}
