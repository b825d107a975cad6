import { z } from 'zod';
import { POLICY_NAMES, type PolicyName } from '../../mmu/index.js';
import {
  KernelName,
  PolicyName as PolicyNameSchema,
  PREV_ROOTS_MAX,
} from '../../mmu/schema/index.js';
import {
  amountsOf,
  lanesOf,
  openRace,
  PRICE_NAMES,
  type RaceLane,
  raceSteps,
  resultSteps,
} from '../race/index.js';
import { SEEDS, WORKLOAD_NAMES, workloadOf } from '../workloads/index.js';

const count = z.number().int().min(0);

/** One race of a sweep: what all its lanes have in common. */
export const SweepCell = z.strictObject({
  workload: z.enum(WORKLOAD_NAMES),
  seed: z
    .number()
    .int()
    .min(0)
    .max(SEEDS - 1),
  kernel: KernelName,
  prevRoots: z.number().int().min(0).max(PREV_ROOTS_MAX),
  commands: count,
  policies: z.array(PolicyNameSchema).min(1).max(POLICY_NAMES.length),
});
export type SweepCell = z.output<typeof SweepCell>;

const SweepLane = z.strictObject({
  policy: PolicyNameSchema,
  amounts: z.record(z.enum(PRICE_NAMES), count),
  loads: count,
  misses: count,
  violations: count,
  undecided: count,
  refused: count,
  failure: z.string().nullable(),
});
export type SweepLane = z.output<typeof SweepLane>;

/** Result of one race: counts, which any price list can be laid upon. */
export const SweepRow = z.strictObject({
  version: z.string(),
  cell: SweepCell,
  lanes: z.array(SweepLane),
  /** Fewest loads of any policy. */
  fewestLoads: count,
});
export type SweepRow = z.output<typeof SweepRow>;

/** Name of a cell: two cells with one name have one result. */
export function keyOf({
  workload,
  seed,
  kernel,
  prevRoots,
  commands,
  policies,
}: SweepCell): string {
  return [workload, seed, kernel, prevRoots, commands, policies.join(' ')].join('/');
}

/** Choices that a sweep combines. */
export interface SweepPlan {
  readonly workloads: readonly SweepCell['workload'][];
  readonly seeds: readonly number[];
  readonly kernels: readonly SweepCell['kernel'][];
  readonly prevRoots: readonly number[];
  readonly policies: readonly PolicyName[];
  readonly commands: number;
}

/** Every race of a sweep, workloads first. */
export function cellsOf(plan: SweepPlan): SweepCell[] {
  const { workloads, seeds, kernels, prevRoots, policies, commands } = plan;
  return workloads.flatMap((workload) =>
    kernels.flatMap((kernel) =>
      prevRoots.flatMap((slots) =>
        seeds.map((seed) => ({
          ...{ workload, seed, kernel, prevRoots: slots, commands },
          policies: [...policies],
        })),
      ),
    ),
  );
}

/**
 * Runs the race of a cell in small steps.
 *
 * @returns Yields how many commands are done.
 * @throws {RaceRefused} If the workload cannot be run so.
 */
export function* cellSteps(cell: SweepCell, version: string): Generator<number, SweepRow> {
  const { workload: name, seed, kernel, prevRoots, policies, commands } = cell;
  const workload = workloadOf(name);
  const lanes = lanesOf({ policies, prevRoots: [prevRoots], kernels: [kernel] });
  const race = openRace({ config: workload.configOf(), lanes });
  yield* raceSteps(race, workload.commandsOf({ commands }, seed));
  const source = { kind: 'workload', name, seed, parameters: {} } as const;
  const finishing = resultSteps(race, { source, version });
  for (;;) {
    const { done, value } = finishing.next();
    if (done === true) {
      const fewestLoads = value.bounds[0]?.loads ?? 0;
      return { version, cell, lanes: value.lanes.map(laneOf), fewestLoads };
    }
    yield race.commands;
  }
}

function laneOf({ policy, counters, failure }: RaceLane): SweepLane {
  const { loads, misses, violations, undecided, refused } = counters;
  return {
    policy,
    amounts: { ...amountsOf(counters) },
    loads: loads.new + loads.existing + loads.special,
    ...{ misses, violations, undecided, refused },
    failure: failure === null ? null : failure.message,
  };
}
