import { NO_STORE, type SharedValues, type ValueStore } from '../wire/value-store.js';
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
    // Servers that share jobs each number their own, with ids of their own.
    this.count = store.shared === null ? Number(store.kept.get(COUNT) ?? 0) : 0;
  }

  /** Whether other servers have jobs here as well. */
  get isShared(): boolean {
    return this.#store.shared !== null;
  }

  /** @param listener Called with a job as any server wrote it; null if one has forgotten or cancelled it. */
  follow(listener: (id: string, job: Job | null) => void): void {
    const { shared } = this.#store;
    shared?.follow(async (id) => {
      if (KeptTraces.isPiece(id)) return;
      const job = (await shared.read(id)) as Job | undefined;
      listener(id, job === undefined ? null : await this.#readOf(job, shared));
    });
  }

  /**
   * The jobs of earlier processes, oldest first. Those that had not ended failed by the restart, unless
   * another server may still have them.
   */
  *jobs(now: number): Generator<Job> {
    const isJob = (key: string) => key !== COUNT && !KeptTraces.isPiece(key);
    const kept = [...this.#store.kept].filter(([key]) => isJob(key));
    const jobs = kept.map(([, job]) => this.#read(job as Job)).sort((a, b) => a.number - b.number);
    for (const job of jobs) {
      yield job.endedAt === null && !this.isShared ? interrupted(job, now) : job;
    }
  }

  put(job: Job): void {
    if (job.state === 'queued' && !this.isShared) this.#store.put(COUNT, job.number);
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

  /** A job of another server, with the pieces of its result. */
  async #readOf(job: Job, shared: SharedValues): Promise<Job> {
    if (job.kind !== 'trace') return job;
    const pieces = new Map<string, unknown>();
    for (const key of KeptTraces.keysOf(job)) pieces.set(key, await shared.read(key));
    return this.#traces.read(job, pieces);
  }

  #read(job: Job): Job {
    return job.kind === 'trace' ? this.#traces.read(job) : job;
  }
}

/** A job whose server ended before it. */
export function interrupted(job: Job, now: number): Job {
  return { ...job, state: 'failed', endedAt: now, leftMs: null, problem: cutShort(job) };
}
