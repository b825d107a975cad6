import { type Signal, signal } from '@preact/signals';
import { RequestFailed } from '../api/client.js';
import { cancelJob, startRace } from '../api/jobs.js';
import type { RaceJob, RaceOrder, WireJob } from '../api/wire.js';
import { progressOf } from './job-progress.js';

/** Orders that this page has given, by their jobs: own commands are kept nowhere else. */
const orders = new Map<string, RaceOrder>();

/** Orders that are kept: the newest ones. */
const ORDERS_MAX = 8;

/** State of a race on the page. */
export interface RaceWatch {
  /** The job on the page; null once it was cancelled. */
  followed: string | null;
  readonly job: Signal<RaceJob | null>;
  readonly failure: Signal<string | null>;
  /** The reason why there is no such job, or it is no race; null if there is one. */
  readonly lost: Signal<string | null>;
  /** The order of the job, if this page has given it. */
  readonly order: Signal<RaceOrder | null>;
}

export function createRaceWatch(): RaceWatch {
  return {
    followed: null,
    job: signal(null),
    failure: signal(null),
    lost: signal(null),
    order: signal(null),
  };
}

/**
 * Starts a race and follows it.
 *
 * @param onStart Called with the id of its job.
 */
export async function runRace(
  watch: RaceWatch,
  order: RaceOrder,
  onStart: (job: string) => void,
): Promise<void> {
  watch.failure.value = null;
  try {
    const job = await startRace(order);
    watch.job.value = raceOf(job);
    keepOrder(job.id, order);
    watch.followed = job.id;
    onStart(job.id);
    await followJob(watch, job.id);
  } catch (error) {
    watch.failure.value = (error as Error).message;
  }
}

/** Reads the state of a job until it has ended, or the page shows another one. */
export async function followJob(watch: RaceWatch, id: string): Promise<void> {
  watch.followed = id;
  watch.order.value = orders.get(id) ?? null;
  watch.lost.value = null;
  try {
    for await (const job of progressOf(id)) {
      if (watch.followed !== id) return;
      watch.job.value = raceOf(job);
    }
    watch.failure.value = watch.job.value?.problem?.detail ?? null;
  } catch (error) {
    if (watch.followed !== id) return;
    if (error instanceof RequestFailed && error.status === 404) watch.lost.value = error.message;
    else watch.failure.value = (error as Error).message;
  }
}

export async function cancelRace(watch: RaceWatch): Promise<void> {
  const job = watch.job.value;
  if (job === null) return;
  watch.followed = null;
  await cancelJob(job.id).catch((error: Error) => {
    watch.failure.value = error.message;
  });
  watch.job.value = null;
}

function keepOrder(job: string, order: RaceOrder): void {
  orders.set(job, order);
  const [oldest] = orders.keys();
  if (orders.size > ORDERS_MAX && oldest !== undefined) orders.delete(oldest);
}

/** @throws {Error} If the job is of another kind. */
function raceOf(job: WireJob): RaceJob {
  if (job.kind === 'race') return job;
  throw new Error(`Cannot show job "${job.id}" as a race: it is a ${job.kind}; see the jobs`);
}
