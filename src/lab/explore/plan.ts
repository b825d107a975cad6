import { z } from 'zod';
import { CommandRefused } from '../../mmu/index.js';
import {
  Command,
  type CommandInput,
  VmConfig,
  type VmConfigInput,
} from '../../mmu/schema/index.js';
import { Exploration } from './exploration.js';
import type { Explored, Progress } from './explored.js';
import type { Limits } from './limits.js';
import type { Setting } from './machine.js';
import { PROPERTIES } from './properties.js';
import { checkSetting } from './setting-flaw.js';

/** A search as plain data, which can be made on any thread or machine. */
export interface ExplorationPlan {
  readonly config: VmConfigInput;
  readonly stage: readonly CommandInput[];
  readonly alphabet: readonly CommandInput[];
  /** Names of what is to hold. */
  readonly properties: readonly string[];
  readonly limits: Limits;
}

/** Everything that such a search found, as plain data. */
export interface ExplorationFound extends Omit<Explored, 'counterexamples'> {
  readonly counterexamples: readonly {
    readonly property: string;
    readonly says: string;
    /** Commands after those that set the stage. */
    readonly commands: readonly CommandInput[];
  }[];
}

/** Why nothing came of a search: the commands that set its stage cannot be carried out. */
export interface StageRefused {
  readonly refusal: string;
}

/** A search that has begun. */
export interface OpenExploration {
  /** Yields after each state how many commands were tried, and ends with what was found. */
  readonly steps: Generator<number, ExplorationFound | StageRefused>;
  /** The extent so far; null before the first step. */
  progress(): Progress | null;
}

/** @throws {ExplorationRefused} If nothing could come of the search. */
export function checkPlan(plan: ExplorationPlan): void {
  checkSetting(settingOf(plan), plan.limits);
}

/** Begins a search. Its steps throw {@link ExplorationRefused} if it would not pass `checkPlan()`. */
export function openExploration(plan: ExplorationPlan): OpenExploration {
  let search: Exploration | null = null;
  function* steps(): OpenExploration['steps'] {
    const setting = settingOf(plan);
    const begun = beginOrRefuse(() => new Exploration(setting, plan.limits));
    if ('refusal' in begun) return begun;
    search = begun;
    while (!search.advance(1)) yield search.progress.expanded * setting.alphabet.length;
    return foundIn(search.result());
  }
  return { steps: steps(), progress: () => search?.progress ?? null };
}

/** Begins a search, or says why its stage cannot be set. */
export function beginOrRefuse(begin: () => Exploration): Exploration | StageRefused {
  try {
    return begin();
  } catch (error) {
    if (!(error instanceof CommandRefused)) throw error;
    return { refusal: `Cannot set the stage: ${error.message}` };
  }
}

function settingOf({ config, stage, alphabet, properties }: ExplorationPlan): Setting {
  return {
    config: VmConfig.parse(config),
    stage: stage.map((command) => Command.parse(command)),
    alphabet: alphabet.map((command) => Command.parse(command)),
    properties: PROPERTIES.filter(({ name }) => properties.includes(name)),
  };
}

function foundIn(explored: Explored): ExplorationFound {
  const counterexamples = explored.counterexamples.map(({ property, says, commands }) => ({
    ...{ property, says },
    commands: commands.map((command) => z.encode(Command, command)),
  }));
  return { ...explored, counterexamples };
}
