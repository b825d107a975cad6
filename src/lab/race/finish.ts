import { finished } from '../../mmu/index.js';
import { type Fewest, fewestOf } from './clairvoyant.js';
import type { RaceCounters } from './counters.js';
import { baselineOf, type Lane, type LaneSpec } from './lane.js';
import type { Side } from './parting.js';
import { PRICE_NAMES } from './prices/index.js';
import type { Race } from './race.js';
import type { Recording } from './references.js';
import type { RaceBound, RaceLane, RacePrices, RaceResult, RaceSource } from './result.js';
import { finishedCounters } from './tally.js';
import { elapsedOf } from './time/index.js';
import { verdictOf } from './verdict.js';
import { type Weighed, weigh } from './weigh.js';

/** The facts of a result that the race itself does not hold. */
export interface Ran {
  readonly source: RaceSource;
  /** Version of the model. */
  readonly version: string;
  /** Whether to work out the bound that no policy can beat, which takes time. Default: yes. */
  readonly isBounded?: boolean;
}

/** The result of a race so far. */
export function resultOf(race: Race, ran: Ran): RaceResult {
  return finished(resultSteps(race, ran));
}

/** The same in small steps. */
export function* resultSteps(
  race: Race,
  { source, version, isBounded = true }: Ran,
): Generator<undefined, RaceResult> {
  const names = laneNames(race.lanes.map(({ spec }) => spec));
  const sideOf = ({ lanes, seq, outcome, state, events }: Side) => ({
    lanes: lanes.map((index) => names[index] as string),
    seq,
    outcome,
    state,
    events: [...events],
  });
  const result = {
    version,
    source,
    commands: race.commands,
    prices: pricesOf(race),
    baseline: names[baselineOf(race.specs)] as string,
    lanes: laneResults(race, names),
    bounds: isBounded ? yield* boundsOf(race.lanes, names) : [],
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

/** The prices of a race: what they are of, and the range of each. */
function pricesOf({ prices: { name, machine, prices } }: Race): RacePrices {
  const ranges = PRICE_NAMES.map((price) => {
    const { value, low, high } = prices[price];
    return [price, { value, low, high }];
  });
  return { list: name, machine, cycles: Object.fromEntries(ranges) as RacePrices['cycles'] };
}

function laneResults({ specs, lanes, prices }: Race, names: readonly string[]): RaceLane[] {
  const counted = lanes.map(({ run }) => finishedCounters(run.tally, run.vm));
  const weighed = weigh(counted, baselineOf(specs), prices);
  return lanes.map((lane, index) => ({
    name: names[index] as string,
    ...laneResult(lane, counted[index] as RaceCounters, weighed[index] as Weighed),
  }));
}

function laneResult(
  { spec, run }: Lane,
  counters: RaceCounters,
  { cost, comparison }: Weighed,
): Omit<RaceLane, 'name'> {
  const { replay, firstViolation, firstRefusal, failure } = run;
  return {
    ...spec,
    ...{ cost, comparison },
    time: replay === null ? null : elapsedOf(replay),
    ...{ counters, firstViolation, firstRefusal, failure },
  };
}

/**
 * A bound for every kernel and number of slots. Where guests of lanes asked for different things,
 * because a stale translation led one astray, it holds for those that agree with the first.
 */
function* boundsOf(
  lanes: readonly Lane[],
  names: readonly string[],
): Generator<undefined, RaceBound[]> {
  const bounds = new Map<string, RaceBound>();
  const digests = new Map<string, number>();
  const known = new Map<Recording, Fewest>();
  for (const [index, { spec, run }] of lanes.entries()) {
    const { prevRoots, kernel } = spec;
    const { recording } = run;
    if (recording === null) continue;
    const key = `${prevRoots} ${kernel}`;
    if (recording.digest !== (digests.get(key) ?? recording.digest)) continue;
    digests.set(key, recording.digest);
    const fewest = known.get(recording) ?? (yield* fewestOf(recording, prevRoots));
    known.set(recording, fewest);
    const { misses, loads } = fewest;
    const before = bounds.get(key);
    bounds.set(key, {
      prevRoots,
      kernel,
      // A forced free is seen only where the root was held, and would have freed it everywhere.
      misses: Math.max(before?.misses ?? 0, misses),
      loads: Math.max(before?.loads ?? 0, loads),
      lanes: [...(before?.lanes ?? []), names[index] as string],
      isComplete: recording.isComplete,
    });
  }
  return [...bounds.values()];
}
