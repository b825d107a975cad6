import { finished, type GuestPages, pagesHeldBy } from '../../mmu/index.js';
import type { Command, VmConfig } from '../../mmu/schema/index.js';
import { addPoint, type CostSeries, createCostSeries, isPointDue } from './cost-series.js';
import type { Lane, LaneSpec } from './lane.js';
import { type Configs, configFor, fillMemory, type MachineConfig, RaceRefused } from './machine.js';
import { createPartings, type Partings, partLanes } from './parting.js';
import {
  DEFAULT_PRICES,
  type PriceChanges,
  type PriceList,
  totalSoFar,
  withChanges,
} from './prices/index.js';
import { pagesOf } from './references.js';
import { createRun, type Run, runOne } from './run.js';

/** Commands of one small step: each takes microseconds, and to come back takes its time as well. */
const STEP_COMMANDS = 16;

/** Lanes of one race. */
export const LANES_MAX = 48;

/** The machine, the lanes and the costs of a race. */
export interface RaceSetup {
  /**
   * The machine, as it is written or checked already; its policy, slots and kernel are replaced by
   * those of each lane.
   */
  readonly config: MachineConfig;
  readonly lanes: readonly LaneSpec[];
  /** Memory at the beginning, if somebody has it already; it is shared. */
  readonly pages?: GuestPages;
  /** Prices of things; a preset unless it is given. */
  readonly prices?: PriceList;
  /** Prices that are set otherwise, without a range. */
  readonly costs?: PriceChanges;
  /** The guest's own work in each command, in cycles; none unless it is given. */
  readonly guestCycles?: number;
  /** Whether to record what a bound needs, which takes memory for every command. Default: yes. */
  readonly isRecorded?: boolean;
}

/** A race that is being run: lanes in lock-step over one stream of commands. */
export interface Race {
  readonly specs: readonly LaneSpec[];
  /** The lanes that have a machine, by their index in `specs`. */
  readonly lanes: Lane[];
  /** The machines that the lanes run on. */
  readonly runs: Run[];
  readonly config: Configs;
  /** Memory at the beginning, which all machines share; null before it is filled, and once all are there. */
  pages: GuestPages | null;
  readonly prices: PriceList;
  readonly guestCycles: number;
  readonly isRecorded: boolean;
  readonly partings: Partings;
  readonly series: CostSeries;
  /** Commands that were taken. */
  commands: number;
}

/**
 * A race in which each lane has a machine of its own from the beginning, for commands that come one
 * by one.
 *
 * @throws {RaceRefused} If there are too few or too many lanes, or one cannot have its machine.
 */
export function createRace(setup: RaceSetup): Race {
  const race = openRace(setup);
  race.pages ??= finished(fillMemory(race.config));
  for (const index of race.specs.keys()) addRun(race, [index]);
  // All machines are there, and it is for them to keep.
  race.pages = null;
  return race;
}

/**
 * A race that {@link raceSteps} runs.
 *
 * @throws {RaceRefused} As {@link createRace}.
 */
export function openRace(setup: RaceSetup): Race {
  const { config, lanes, prices = DEFAULT_PRICES, costs = {}, guestCycles = 0 } = setup;
  const { isRecorded = true } = setup;
  if (lanes.length === 0) throw new RaceRefused('Cannot race: no policy is named');
  if (lanes.length > LANES_MAX) {
    throw new RaceRefused(`Cannot race: ${lanes.length} lanes, and ${LANES_MAX} is the bound`);
  }
  const kernels = [...new Set(lanes.map(({ kernel }) => kernel))];
  return {
    specs: lanes,
    lanes: [],
    runs: [],
    config: new Map(kernels.map((kernel) => [kernel, configFor(config, kernel)])),
    pages: setup.pages ?? null,
    prices: withChanges(prices, costs),
    guestCycles,
    isRecorded,
    partings: createPartings(lanes.length),
    series: createCostSeries(),
    commands: 0,
  };
}

/** Runs one command in every lane. */
export function runCommand(race: Race, command: Command): void {
  beginCommand(race, command);
  endCommand(race, command);
}

/**
 * Runs a race in small steps. Lanes share a machine as long as their policies decide alike; one
 * that would have decided otherwise gets its own, and is taken over the same commands once more. So
 * a race takes as long as its policies differ, and comes out as if each had run alone.
 *
 * @param commands Gone through anew for every machine: each time the same.
 * @returns Yields how many commands are done.
 */
export function* raceSteps(race: Race, commands: Iterable<Command>): Generator<number, undefined> {
  for (const pieces = fillMemory(race.config); race.pages === null; ) {
    const { done, value } = pieces.next();
    if (done === true) race.pages = value;
    yield 0;
  }
  for (const indexes of alikeAtFirst(race.specs)) {
    addRun(race, indexes);
    yield 0;
  }
  for (const command of commands) {
    beginCommand(race, command);
    if (hasAnyDissent(race)) yield* splitRuns(race, commands);
    endCommand(race, command);
    if (race.commands % STEP_COMMANDS === 0) yield race.commands;
  }
}

/** Room that the lanes take together, in pages of 4 KiB. */
export function pagesOfRace({ runs }: Race): number {
  return runs.reduce(
    (sum, { vm, recording }) => sum + pagesHeldBy(vm) + (recording ? pagesOf(recording) : 0),
    0,
  );
}

/** References that the lanes recorded: the size of the work that finds the bound. */
export function referencesOfRace({ runs }: Race): number {
  return runs.reduce((sum, { recording }) => sum + (recording?.wanted ?? 0), 0);
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

/** Gives lanes, by their indexes, a machine that they share. */
function addRun(race: Race, indexes: readonly number[]): Run {
  const { specs, lanes, runs, config } = race;
  const members = indexes.map((index) => specs[index] as LaneSpec);
  const { kernel, prevRoots } = members[0] as LaneSpec;
  const base = { ...(config.get(kernel) as VmConfig), prevRoots };
  const run = createRun(
    base,
    members.map(({ policy }) => policy),
    race,
    race.pages as GuestPages,
  );
  for (const index of indexes) lanes[index] = { spec: specs[index] as LaneSpec, run };
  runs.push(run);
  return run;
}

/** Groups of lanes that nothing but their policy tells apart, by their indexes. */
function alikeAtFirst(specs: readonly LaneSpec[]): number[][] {
  const groups = new Map<string, number[]>();
  for (const [index, { kernel, prevRoots }] of specs.entries()) {
    const key = `${kernel} ${prevRoots}`;
    groups.set(key, [...(groups.get(key) ?? []), index]);
  }
  return [...groups.values()];
}

function beginCommand(race: Race, command: Command): void {
  const at = race.commands;
  race.commands += 1;
  for (const run of race.runs) runOne(run, command, at);
}

function endCommand({ lanes, runs, partings, series, prices, commands }: Race, command: Command) {
  if (runs.length > 1) partLanes(partings, lanes, { command, at: commands - 1 });
  if (!isPointDue(series, commands)) return;
  const byRun = new Map(runs.map((run) => [run, totalSoFar(run.tally.counters, prices)] as const));
  addPoint(series, { commands, costs: lanes.map(({ run }) => byRun.get(run) ?? 0) });
}

function hasAnyDissent({ runs }: Race): boolean {
  for (const run of runs) if (hasDissent(run)) return true;
  return false;
}

function hasDissent({ jury }: Run): boolean {
  return jury.dissent.size > 0;
}

/** Lanes whose policies would have decided otherwise leave, together, and may leave each other. */
function* splitRuns(race: Race, commands: Iterable<Command>): Generator<number, undefined> {
  const { runs, lanes } = race;
  for (let place = 0; place < runs.length; place += 1) {
    const run = runs[place] as Run;
    if (!hasDissent(run)) continue;
    const { jury } = run;
    const leavers = lanes.flatMap((lane, index) =>
      lane.run === run && jury.dissent.has(lane.spec.policy) ? [index] : [],
    );
    jury.members = jury.members.filter((name) => !jury.dissent.has(name));
    jury.dissent.clear();
    yield* catchUp(race, addRun(race, leavers), commands);
  }
}

/** Takes a new machine to where the race is. */
function* catchUp(race: Race, run: Run, commands: Iterable<Command>): Generator<number, undefined> {
  let at = 0;
  for (const command of commands) {
    runOne(run, command, at);
    at += 1;
    if (at === race.commands) return;
    if (hasDissent(run)) throw new Error('Lanes disagree before they parted');
    if (at % STEP_COMMANDS === 0) yield race.commands;
  }
}
