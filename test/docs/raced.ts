import {
  lanesOf,
  openRace,
  type PriceChanges,
  type RaceResult,
  raceSteps,
  resultOf,
  type WorkloadName,
  workloadOf,
} from '../../src/lab/index.js';
import { type KernelVersion, POLICY_NAMES, type PolicyName } from '../../src/mmu/index.js';

const COMMANDS = 20_000;

interface Wanted {
  readonly policies?: readonly PolicyName[];
  readonly prevRoots?: readonly number[];
  readonly kernel?: KernelVersion;
  readonly seed?: number;
  readonly costs?: PriceChanges;
}

/** A lane of a race, in the numbers that the findings give. */
export interface Raced {
  readonly cost: number;
  readonly loads: number;
  /** Roots that the policy alone freed, loaded again; and those with nothing stale below. */
  readonly freedAgain: readonly [number, number];
  readonly flushes: readonly [number, number];
  readonly syncs: readonly [number, number];
  readonly broadcasts: number;
  readonly zappedPeak: number;
  readonly stale: number;
  readonly staleAt: number | undefined;
}

/**
 * Races every policy over 20000 commands, as `mmulab race` does.
 *
 * @returns The lane of a policy, and the fewest loads that any policy can have.
 */
export function raceOf(name: WorkloadName, wanted: Wanted = {}) {
  const { policies = POLICY_NAMES, prevRoots = [3], kernel = '6.1', seed = 1, costs = {} } = wanted;
  const workload = workloadOf(name);
  const race = openRace({
    config: workload.configOf(),
    lanes: lanesOf({ policies, prevRoots, kernels: [kernel] }),
    costs,
  });
  for (const _ of raceSteps(race, workload.commandsOf({ commands: COMMANDS }, seed)));
  const source = { kind: 'workload', name, seed, parameters: {} } as const;
  const { lanes, bounds } = resultOf(race, { source, version: 'test' });
  const slots = prevRoots[0] as number;
  return {
    of(policy: PolicyName, count = slots): Raced {
      const lane = lanes.find((one) => one.policy === policy && one.prevRoots === count);
      if (lane === undefined) throw new Error(`Cannot find ${policy} with ${count} slots`);
      return numbersOf(lane);
    },
    fewestLoads: (count = slots) => bounds.find((one) => one.prevRoots === count)?.loads,
  };
}

function numbersOf({ cost, counters, firstViolation }: RaceResult['lanes'][number]): Raced {
  const { loads, policyFrees, syncs, broadcasts, pinned, ledger } = counters;
  const flush = ledger?.flush ?? { necessary: 0, harmless: 0, wasted: 0 };
  return {
    cost: cost.total,
    loads: loads.new + loads.existing + loads.special,
    freedAgain: [policyFrees.needed + policyFrees.needless, policyFrees.needless],
    flushes: [flush.necessary + flush.harmless + flush.wasted, flush.wasted],
    syncs: [syncs.effective, syncs.noOp],
    broadcasts: broadcasts.reload + broadcasts.freeObsolete,
    zappedPeak: pinned.zappedPeak,
    stale: counters.violations,
    staleAt: firstViolation?.command,
  };
}
