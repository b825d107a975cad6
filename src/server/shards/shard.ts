import {
  cellSteps,
  type ExplorationFound,
  type ExplorationPlan,
  openCell,
  openExploration,
  openReach,
  type Progress,
  pagesOfRace,
  type Reached,
  type ReachPlan,
  type StageRefused,
  type SweepCell,
  type SweepRow,
} from '../../lab/index.js';
import { VERSION } from '../wire/version.js';
import { type ShrinkInput, type ShrinkResult, shrinkToResult } from './shrink-shard.js';

/** Every kind of shard: what it is made of, and what comes of it. Both are JSON. */
interface ShardTypes {
  /** One race of a sweep. */
  readonly 'sweep-race': { readonly input: SweepCell; readonly result: SweepRow };
  /** A search through every state of a machine. */
  readonly exploration: {
    readonly input: ExplorationPlan;
    readonly result: ExplorationFound | StageRefused;
  };
  /** A search for all triples of a machine. */
  readonly coverage: { readonly input: ReachPlan; readonly result: Reached | StageRefused };
  /** A list that is cut to the fewest commands; null if it shows no mistake that is meant. */
  readonly shrink: { readonly input: ShrinkInput; readonly result: ShrinkResult | null };
}

export type ShardKind = keyof ShardTypes;
export type ShardInput<K extends ShardKind> = ShardTypes[K]['input'];
export type ShardResult<K extends ShardKind> = ShardTypes[K]['result'];

/**
 * A piece of long work that needs nothing but its input: it comes out the same on any thread or
 * machine, and a second time.
 */
export interface Shard<K extends ShardKind = ShardKind> {
  readonly kind: K;
  readonly input: ShardInput<K>;
}

/** Work that is done, in the unit of its kind, and memory that it takes, in pages of 4 KiB. */
export interface ShardProgress {
  readonly done: number;
  readonly pages: number;
  /** Work that is known of, where more of it is found on the way. */
  readonly total?: number;
}

/** A shard that has begun. */
export interface OpenShard<R> {
  /** Yields how much is done, and ends with the result. */
  readonly steps: Generator<number, R>;
  /** Work between two words of progress: a word takes as long as some commands. */
  readonly every: number;
  /** Memory that it takes now, in pages of 4 KiB. */
  pages(): number;
  /** Work that is known of now, where more of it is found on the way. */
  total?(): number;
}

/** Begins a shard here. @throws {Error} If it cannot be run. */
export function openShard<K extends ShardKind>(shard: Shard<K>): OpenShard<ShardResult<K>> {
  return OPENERS[shard.kind](shard.input);
}

const PAGE_BYTES = 4096;
const COMMANDS_BETWEEN_WORDS = 2048;

const OPENERS: {
  readonly [K in ShardKind]: (input: ShardInput<K>) => OpenShard<ShardResult<K>>;
} = {
  'sweep-race': (cell) => {
    const race = openCell(cell);
    const steps = cellSteps(cell, VERSION, race);
    return { steps, every: COMMANDS_BETWEEN_WORDS, pages: () => pagesOfRace(race) };
  },
  exploration: (plan) => openSearch(openExploration(plan), plan),
  coverage: (plan) => openSearch(openReach(plan), plan),
  // A list that is tried is many commands.
  shrink: (input) => ({ steps: shrinkToResult(input), every: 1, pages: () => 0 }),
};

/** A search, whose steps are commands that were tried, of those known to be left. */
function openSearch<R>(
  { steps, progress }: Pick<OpenShard<R>, 'steps'> & { progress(): Progress | null },
  { alphabet }: Pick<ExplorationPlan, 'alphabet'>,
): OpenShard<R> {
  return {
    steps,
    every: COMMANDS_BETWEEN_WORDS,
    pages: () => Math.ceil((progress()?.bytes ?? 0) / PAGE_BYTES),
    total: () => (progress()?.states ?? 1) * alphabet.length,
  };
}
