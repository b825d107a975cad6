import { fewestOf } from './clairvoyant.js';
import { costOf } from './cost-model.js';
import { type Lane, type LaneSpec, paidBy } from './lane.js';
import type { Side } from './parting.js';
import type { Race } from './race.js';
import type { RaceLane, RaceResult, RaceSource } from './result.js';
import { finishedCounters } from './tally.js';
import { verdictOf } from './verdict.js';

/** What a result says beside what was run. */
export interface Ran {
  readonly source: RaceSource;
  /** Of the model. */
  readonly version: string;
}

/** What came of a race so far. */
export function resultOf(race: Race, { source, version }: Ran): RaceResult {
  const names = laneNames(race.lanes.map(({ spec }) => spec));
  const sideOf = ({ lanes, outcome, state, events }: Side) => ({
    lanes: lanes.map((index) => names[index] as string),
    outcome,
    state,
    events: [...events],
  });
  const result = {
    version,
    source,
    commands: race.commands,
    costs: race.costs,
    lanes: race.lanes.map((lane, index) => laneResult(race, lane, names[index] as string)),
    partings: race.partings.list.map(({ at, command, stay, leave }) => ({
      at,
      command,
      stay: sideOf(stay),
      leave: sideOf(leave),
    })),
    series: {
      every: race.series.every,
      points: race.series.points.map(({ commands, costs }) => ({ commands, costs: [...costs] })),
    },
  };
  return { ...result, verdict: verdictOf(result) };
}

/** The policies' names, with the slots and the kernel where lanes differ in them. */
export function laneNames(specs: readonly LaneSpec[]): string[] {
  const isOne = (values: readonly unknown[]) => new Set(values).size === 1;
  const [slots, kernels] = [
    isOne(specs.map(({ prevRoots }) => prevRoots)),
    isOne(specs.map(({ kernel }) => kernel)),
  ];
  return specs.map(
    ({ policy, prevRoots, kernel }) =>
      `${policy}${slots ? '' : `/${prevRoots}`}${kernels ? '' : `@${kernel}`}`,
  );
}

function laneResult({ costs }: Race, lane: Lane, name: string): RaceLane {
  const { spec, tally, vm, recording, bounded, firstViolation, firstRefusal, failure } = lane;
  const counters = finishedCounters(tally, vm);
  return {
    name,
    ...spec,
    cost: costOf(counters, costs),
    counters,
    bound: {
      fewest: fewestOf(recording, spec.prevRoots),
      paid: bounded ?? paidBy(lane),
      references: recording.length,
      isComplete: recording.isComplete,
    },
    firstViolation,
    firstRefusal,
    failure,
  };
}
