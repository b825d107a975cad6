import { type Signal, signal } from '@preact/signals';
import { startSweep } from '../api/jobs.js';
import type { SweepJob, SweepOrder, WireJob, WireRace, WireSweep } from '../api/wire.js';
import { progressOf } from './job-progress.js';

/** Numbers of slots beside the current root that a sweep goes over. */
const SLOTS = Array.from({ length: 16 }, (_, slots) => slots);

/** A sweep that belongs to a race. */
export interface SweepWatch {
  readonly job: Signal<SweepJob | null>;
  readonly failure: Signal<string | null>;
}

export function createSweepWatch(): SweepWatch {
  return { job: signal(null), failure: signal(null) };
}

/**
 * The sweep that repeats a race with every number of slots.
 *
 * @param prices Name of the price list.
 * @returns Null if it cannot be swept: a sweep makes its commands from a workload as it is.
 */
export function sweepOf({ source, lanes, commands }: WireRace, prices: string): SweepOrder | null {
  if (source.kind !== 'workload') return null;
  if (Object.keys(source.parameters).some((name) => name !== 'commands')) return null;
  type Workload = SweepOrder['workloads'][number];
  return {
    workloads: [source.name as Workload],
    policies: [...new Set(lanes.map(({ policy }) => policy))],
    prevRoots: SLOTS,
    kernels: [...new Set(lanes.map(({ kernel }) => kernel))].slice(0, 1),
    seeds: [source.seed],
    commands,
    prices: [prices],
  };
}

/** @returns The id of its job; null if it was refused. */
export async function runSweep(watch: SweepWatch, order: SweepOrder): Promise<string | null> {
  watch.failure.value = null;
  try {
    return (await startSweep(order)).id;
  } catch (error) {
    watch.failure.value = (error as Error).message;
    return null;
  }
}

/** Reads the state of a sweep until it has ended. */
export async function followSweep(
  watch: SweepWatch,
  id: string,
  isOver: () => boolean,
): Promise<void> {
  watch.job.value = null;
  watch.failure.value = null;
  try {
    for await (const job of progressOf(id)) {
      if (isOver()) return;
      watch.job.value = sweepJobOf(job);
    }
    watch.failure.value = watch.job.value?.problem?.detail ?? null;
  } catch (error) {
    if (!isOver()) watch.failure.value = (error as Error).message;
  }
}

/** Curves over slots, of one workload under one kernel by one price list. */
export interface SlotChart {
  readonly title: string;
  readonly at: readonly number[];
  readonly curves: readonly { readonly name: string; readonly values: readonly number[] }[];
}

/** Charts of a sweep. Policies that cost the same everywhere share a curve. */
export function slotChartsOf({ curves }: WireSweep): SlotChart[] {
  const titleOf = ({ workload, kernel, prices }: SweepCurve) =>
    `${workload}, kernel ${kernel}, by ${prices}`;
  return [...new Set(curves.map(titleOf))].map((title) => {
    const own = curves.filter((curve) => titleOf(curve) === title);
    const groups = new Map<string, { names: string[]; values: number[] }>();
    for (const { policy, points } of own) {
      // Over several seeds, between the cheapest and the dearest.
      const values = points.map(({ cost: { least, most } }) => (least + most) / 2);
      const group = groups.get(values.join()) ?? { names: [], values };
      group.names.push(policy);
      groups.set(values.join(), group);
    }
    return {
      title,
      at: own[0]?.points.map(({ prevRoots }) => prevRoots) ?? [],
      curves: [...groups.values()].map(({ names, values }) => ({
        name: names.join(' = '),
        values,
      })),
    };
  });
}

type SweepCurve = WireSweep['curves'][number];

/** @throws {Error} If the job is of another kind. */
function sweepJobOf(job: WireJob): SweepJob {
  if (job.kind === 'sweep') return job;
  throw new Error(`Cannot show job "${job.id}" as a sweep: it is a ${job.kind}`);
}
