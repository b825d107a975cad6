import { z } from 'zod';
import {
  Command,
  type CommandInput,
  VmConfig,
  type VmConfigInput,
} from '../../mmu/schema/index.js';
import {
  beginOrRefuse,
  type Edge,
  type End,
  Exploration,
  type Limits,
  type Progress,
  type Property,
  type Setting,
  type ShownMachine,
  type StageRefused,
} from '../explore/index.js';
import { Tally, TRIPLES_MAX } from './tally.js';
import type { Triple } from './triple.js';

/** A search for all triples of a machine, as plain data. */
export interface ReachPlan {
  readonly config: VmConfigInput;
  readonly stage: readonly CommandInput[];
  readonly alphabet: readonly CommandInput[];
  readonly limits: Limits;
}

/** Plan of the search for what the machine of a history can come to. */
export function reachPlanOf(
  config: VmConfig,
  { stage, alphabet }: Pick<ShownMachine, 'stage' | 'alphabet'>,
  limits: Limits,
): ReachPlan {
  return {
    config: z.encode(VmConfig, config),
    stage: stage.map((command) => z.encode(Command, command)),
    alphabet: alphabet.map((command) => z.encode(Command, command)),
    limits,
  };
}

/** Everything that such a search found, as plain data. */
export interface Reached extends Omit<Progress, 'bytes'> {
  /** Why it ended: as a search through all states does, or at {@link TRIPLES_MAX}. */
  readonly end: End | 'triples';
  readonly isExhaustive: boolean;
  readonly triples: readonly ReachedTriple[];
}

/** A triple, and a shortest way to it. */
export interface ReachedTriple extends Triple {
  /** Indices into the alphabet, from the stage on. The last is the command of the triple. */
  readonly way: readonly number[];
}

/** A search that has begun. */
export interface OpenReach {
  /** Yields after each state how many commands were tried, and ends with what was found. */
  readonly steps: Generator<number, Reached | StageRefused>;
  /** The extent so far; null before the first step. */
  progress(): Progress | null;
}

/** Begins a search. Its steps throw `ExplorationRefused` if nothing could come of it. */
export function openReach(plan: ReachPlan): OpenReach {
  const alphabet = plan.alphabet.map((command) => Command.parse(command));
  let search: Exploration | null = null;
  function* steps(): OpenReach['steps'] {
    const ways = new Ways();
    const census = new Census();
    const setting: Setting = {
      config: VmConfig.parse(plan.config),
      stage: plan.stage.map((command) => Command.parse(command)),
      alphabet,
      properties: [census.property],
      // Commands of a way are those of the states that it leads through, and of no other vCPU.
      isPlain: true,
    };
    const begun = beginOrRefuse(
      () => new Exploration(setting, plan.limits, (edge) => ways.take(edge)),
    );
    if ('refusal' in begun) return begun;
    search = begun;
    let isOver = false;
    while (!isOver && census.tally.leftOut === 0) {
      const from = search.progress.expanded;
      isOver = search.advance(1);
      census.nameNew(from);
      yield search.progress.expanded * alphabet.length;
    }
    return foundBy(search, census, ways, alphabet);
  }
  return { steps: steps(), progress: () => search?.progress ?? null };
}

function foundBy(
  search: Exploration,
  { tally, sightings }: Census,
  ways: Ways,
  alphabet: readonly Command[],
): Reached {
  const { end, isExhaustive, states, expanded, transitions, refused, depth } = search.result();
  const isCut = tally.leftOut > 0;
  const triples = [...tally.happened.values()].map(({ triple }, i) => {
    const { from, command } = sightings[i] as Required<Sighting>;
    return { ...triple, way: [...ways.to(from), alphabet.indexOf(command)] };
  });
  return {
    ...{ end: isCut ? 'triples' : end, isExhaustive: isExhaustive && !isCut },
    ...{ states, expanded, transitions, refused, depth, triples },
  };
}

/** The place at which a triple was seen first. */
interface Sighting {
  readonly command: Command;
  /** The state that the command was given in. */
  from?: number;
}

/**
 * Watches every command that a search carries out. A search follows a command without carrying it
 * out where all parts of the state that anybody looked at are as they were, and a class of a state is
 * looked at as well: so each triple is seen, and first in one of the first states that it is of.
 */
class Census {
  readonly tally = new Tally();
  /** One for each triple, in the order of the tally. */
  readonly sightings: Sighting[] = [];

  readonly property: Property = {
    name: 'census',
    summary: 'Every command is counted, and none is objected to.',
    isDeaf: true,
    watch: (vm, command) => {
      const count = this.tally.begin(vm, command, 0);
      return {
        end: (outcome) => {
          if (count(outcome)) this.sightings.push({ command });
          return null;
        },
      };
    },
  };

  /** Tells in which state the newest commands were given. */
  nameNew(from: number): void {
    for (let i = this.sightings.length - 1; i >= 0; i -= 1) {
      const sighting = this.sightings[i] as Sighting;
      if (sighting.from !== undefined) return;
      sighting.from = from;
    }
  }
}

/** A shortest way to each state: the command by which it was found, and the state before. */
class Ways {
  readonly #before: number[] = [-1];
  readonly #commands: number[] = [-1];

  take({ from, command, to }: Edge): void {
    if (to !== this.#before.length) return;
    this.#before.push(from);
    this.#commands.push(command);
  }

  /** Indices of the commands that lead to a state. */
  to(state: number): number[] {
    const way: number[] = [];
    for (let at = state; at > 0; at = this.#before[at] as number) {
      way.unshift(this.#commands[at] as number);
    }
    return way;
  }
}
