import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { WireJob } from '../api/wire.js';
import { progressOf } from '../model/job-progress.js';

type JobOf<K> = Extract<WireJob, { kind: K }>;

/** A job that a page shows, as it goes on. */
export interface ShownJob<K> {
  readonly job: ReadonlySignal<JobOf<K> | null>;
  /** The reason why there is none, or why it failed. */
  readonly failure: ReadonlySignal<string | null>;
}

/** Follows a job of a kind until it has ended. */
export function useJob<K extends WireJob['kind']>(kind: K, id: string): ShownJob<K> {
  const job = useSignal<JobOf<K> | null>(null);
  const failure = useSignal<string | null>(null);
  useEffect(() => {
    let isOver = false;
    const follow = async () => {
      job.value = null;
      failure.value = null;
      for await (const one of progressOf(id)) {
        if (isOver) return;
        if (!isOf(one, kind)) throw new Error(`${id} is a ${one.kind}, not a ${kind}`);
        job.value = one;
        failure.value = one.problem?.detail ?? null;
      }
    };
    follow().catch((error: Error) => {
      if (!isOver) failure.value = error.message;
    });
    return () => {
      isOver = true;
    };
  }, [kind, id, job, failure]);
  return { job, failure };
}

function isOf<K extends WireJob['kind']>(job: WireJob, kind: K): job is JobOf<K> {
  return job.kind === kind;
}
