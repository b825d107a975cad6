import { type Signal, signal } from '@preact/signals';
import { cancelJob, getJob, startRace } from '../api/client.js';
import type { RaceOrder, WireJob } from '../api/wire.js';

/** Seconds that one request waits for the end: short enough for a progress bar that moves. */
const PROGRESS_EVERY_SECONDS = 1;

/** State of a race on the page. */
export interface RaceWatch {
  /** The job on the page; null once it was cancelled. */
  followed: string | null;
  readonly job: Signal<WireJob | null>;
  readonly failure: Signal<string | null>;
}

export function createRaceWatch(): RaceWatch {
  return { followed: null, job: signal(null), failure: signal(null) };
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
    watch.job.value = await startRace(order);
  } catch (error) {
    watch.failure.value = (error as Error).message;
    return;
  }
  const { id } = watch.job.value;
  onStart(id);
  await followJob(watch, id);
}

/** Reads the state of a job until it has ended, or the page shows another one. */
export async function followJob(watch: RaceWatch, id: string): Promise<void> {
  watch.followed = id;
  try {
    do {
      const job = await getJob(id, PROGRESS_EVERY_SECONDS);
      if (watch.followed !== id) return;
      watch.job.value = job;
    } while (hasToGo(watch.job.value));
    watch.failure.value = watch.job.value.problem?.detail ?? null;
  } catch (error) {
    if (watch.followed === id) watch.failure.value = (error as Error).message;
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

export function hasToGo({ state }: WireJob): boolean {
  return state === 'queued' || state === 'running';
}
