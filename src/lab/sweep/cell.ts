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
  type Race,
  type RaceLane,
  raceSteps,
  resultSteps,
} from '../race/index.js';
import { SEEDS, WORKLOAD_NAMES, workloadOf } from '../workloads/index.js';

const count = z.number().int().min(0);

/** One race of a sweep: what all its lanes have in common. */
export const SweepCell = z
  .strictObject({
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
  })
  .meta({ id: 'SweepCell', description: 'One race of a sweep.' });
export type SweepCell = z.output<typeof SweepCell>;

const SweepLane = z
  .strictObject({
    policy: PolicyNameSchema,
    amounts: z.record(z.enum(PRICE_NAMES), count),
    loads: count,
    misses: count,
    violations: count,
    undecided: count,
    refused: count,
    failure: z.string().nullable(),
  })
  .meta({ id: 'SweepLane', description: 'Counts of a policy in a race of a sweep.' });
export type SweepLane = z.output<typeof SweepLane>;

/** Result of one race: counts, which any price list can be laid upon. */
export const SweepRow = z
  .strictObject({
    version: z.string(),
    cell: SweepCell,
    lanes: z.array(SweepLane),
    fewestLoads: count.describe('Fewest loads of any policy.'),
  })
  .meta({ id: 'SweepRow', description: 'A race of a sweep, in counts.' });
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
 * The race of a cell, before its first command.
 *
 * @throws {RaceRefused} If the workload cannot be run so.
 */
export function openCell({ workload, kernel, prevRoots, policies }: SweepCell): Race {
  const lanes = lanesOf({ policies, prevRoots: [prevRoots], kernels: [kernel] });
  return openRace({ config: workloadOf(workload).configOf(), lanes });
}

/**
 * Runs the race of a cell in small steps.
 *
 * @param race The race of the cell, if it is open already.
 * @returns Yields how many commands are done.
 * @throws {RaceRefused} As {@link openCell}.
 */
export function* cellSteps(
  cell: SweepCell,
  version: string,
  race: Race = openCell(cell),
): Generator<number, SweepRow> {
  const { workload: name, seed, commands } = cell;
  yield* raceSteps(race, workloadOf(name).commandsOf({ commands }, seed));
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
