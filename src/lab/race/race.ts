import { z } from 'zod';
import { pagesHeldBy } from '../../mmu/index.js';
import { type Command, VmConfig, type VmConfigInput } from '../../mmu/schema/index.js';
import { type CostChanges, type Costs, costOf, costsWith } from './cost-model.js';
import { addPoint, type CostSeries, createCostSeries } from './cost-series.js';
import { createLane, type Lane, type LaneSpec, runLane } from './lane.js';
import { createPartings, type Partings, partLanes } from './parting.js';
import { finishedCounters } from './tally.js';

/** Lanes of one race. */
export const LANES_MAX = 48;

/** What a race is run with. */
export interface RaceSetup {
  /** The machine; what tells the lanes apart is replaced. */
  readonly config: VmConfigInput;
  readonly lanes: readonly LaneSpec[];
  /** Costs that differ from the model's. */
  readonly costs?: CostChanges;
}

/** A race that is being run: lanes in lock-step over one stream of commands. */
export interface Race {
  readonly lanes: Lane[];
  /** Machines of lanes that are not made yet. */
  readonly waiting: VmConfig[];
  readonly costs: Costs;
  readonly partings: Partings;
  readonly series: CostSeries;
  /** Commands that were taken. */
  commands: number;
}

/** A race that cannot be run as it was asked for. */
export class RaceRefused extends Error {
  override readonly name = 'RaceRefused';
}

/** @throws {RaceRefused} If there are too few or too many lanes, or one cannot have its machine. */
export function createRace(setup: RaceSetup): Race {
  const race = openRace(setup);
  while (addLane(race)) {}
  return race;
}

/**
 * A race whose lanes are still to be made, by {@link addLane}: each takes a while.
 *
 * @throws {RaceRefused} As {@link createRace}.
 */
export function openRace({ config, lanes, costs = {} }: RaceSetup): Race {
  if (lanes.length === 0) throw new RaceRefused('Cannot race: no policy is named');
  if (lanes.length > LANES_MAX) {
    throw new RaceRefused(`Cannot race: ${lanes.length} lanes, and ${LANES_MAX} is the bound`);
  }
  const configs = new Map<string, VmConfig>();
  const waiting = lanes.map((spec) => {
    const base = configs.get(spec.kernel) ?? configFor(config, spec.kernel);
    configs.set(spec.kernel, base);
    return { ...base, ...spec };
  });
  return {
    lanes: [],
    waiting,
    costs: costsWith(costs),
    partings: createPartings(lanes.length),
    series: createCostSeries(),
    commands: 0,
  };
}

/** Makes the next lane. @returns Whether more are to be made. */
export function addLane({ lanes, waiting }: Race): boolean {
  const config = waiting.shift();
  if (config !== undefined) lanes.push(createLane(config));
  return waiting.length > 0;
}

/** Runs one command in every lane. */
export function runCommand(race: Race, command: Command): void {
  const { lanes, partings, series, costs } = race;
  const at = race.commands;
  race.commands += 1;
  for (const lane of lanes) runLane(lane, command, at);
  partLanes(partings, lanes, { command, at });
  addPoint(series, race.commands, () =>
    lanes.map(({ tally, vm }) => costOf(finishedCounters(tally, vm), costs).total),
  );
}

/** Room that the lanes take together, in pages of 4 KiB. */
export function pagesOfRace({ lanes }: Race): number {
  return lanes.reduce((sum, { vm }) => sum + pagesHeldBy(vm), 0);
}

/** Every combination of what is to be compared, policies first. */
export function lanesOf({
  policies,
  prevRoots,
  kernels,
}: {
  readonly policies: readonly LaneSpec['policy'][];
  readonly prevRoots: readonly number[];
  readonly kernels: readonly LaneSpec['kernel'][];
}): LaneSpec[] {
  return kernels.flatMap((kernel) =>
    prevRoots.flatMap((slots) => policies.map((policy) => ({ policy, prevRoots: slots, kernel }))),
  );
}

/** The machine under a kernel: which registers it takes is the kernel's rule. */
function configFor(config: VmConfigInput, kernel: LaneSpec['kernel']): VmConfig {
  const parsed = VmConfig.safeParse({ ...config, kernel });
  if (parsed.success) return parsed.data;
  const flaw = z.prettifyError(parsed.error);
  throw new RaceRefused(`Cannot race on kernel ${kernel}: ${flaw}`);
}
