import { createMendedVm, createVm, type DefectName, flawsOf } from '../../mmu/index.js';
import {
  Command,
  type CommandInput,
  createJsonWriter,
  type VmConfigInput,
} from '../../mmu/schema/index.js';
import { shrunk } from '../shrink/index.js';
import { attempt, attemptAll, type Maker, REFUSED, startedVm } from './attempt.js';
import type { Scenery } from './guest.js';
import { guestOf } from './guests/index.js';
import type { Trial } from './trial.js';

/** A mistake that a trial found, with the shortest commands found that show it. */
export interface Counterexample {
  readonly trial: Trial;
  readonly says: string;
  readonly config: VmConfigInput;
  readonly commands: readonly CommandInput[];
  /** The commands after those that set the stage. */
  readonly shown: readonly CommandInput[];
}

export interface TrialResult {
  readonly steps: number;
  readonly undecided: number;
  readonly refused: number;
  readonly counterexample: Counterexample | null;
  /**
   * Sentence of the judge when the trial met a bug that the kernel is known to have: without that bug
   * nothing was wrong. From there on the machine was one without it. Null if it met none.
   */
  readonly known: string | null;
}

/**
 * Carries out a guest's commands until one shows a mistake, or there are enough of them.
 *
 * @param defects Mistakes to put into the machine, to see whether they are found.
 */
export function runTrial(
  trial: Trial,
  steps: number,
  defects: readonly DefectName[] = [],
): TrialResult {
  const scenery = sceneryOf(trial, defects);
  const guest = guestOf(trial.guest).commandsOf(trial, trial.seed)[Symbol.iterator]();
  const commands: Command[] = [];
  let vm = startedVm(scenery);
  let make: Maker = createVm;
  let known: string | null = null;
  let refused = 0;
  let says: string | null = null;
  for (let i = 1; i <= steps && says === null; i += 1) {
    const command: Command = guest.next().value;
    const said = attempt(vm, command);
    if (said === REFUSED) refused += 1;
    else commands.push(command);
    const isRight = said === REFUSED || said === null;
    if (isRight && (i < steps || flawsOf(vm).length === 0)) continue;
    make = createMendedVm;
    const mended = attemptAll(scenery, commands, make);
    vm = mended.vm;
    says = mended.says;
    if (says === null) known ??= said ?? null;
  }
  const sum = { steps: commands.length + refused, undecided: undecidedIn(vm), refused, known };
  const counterexample =
    says === null ? null : counterexampleOf(trial, { scenery, commands, says });
  return { ...sum, counterexample };
}

function sceneryOf(trial: Trial, defects: readonly DefectName[]): Scenery {
  const { policy, kernel, paging, vcpus } = trial;
  const { config, stage } = guestOf(trial.guest).sceneryOf(trial);
  const machine = { policy, kernel, paging, vcpus, mmuPages: 64, defects: [...defects] };
  return { config: { ...config, ...machine }, stage };
}

/** The fewest commands that are wrong without any bug that is known. */
function counterexampleOf(
  trial: Trial,
  found: { scenery: Scenery; commands: readonly Command[]; says: string },
): Counterexample {
  const { scenery, commands } = found;
  const findingOn = (some: readonly Command[]) => attemptAll(scenery, some, createMendedVm).says;
  const short = shrunk(commands, (some) => findingOn(some) !== null);
  const shown = short.map(inputOf);
  return {
    trial,
    says: findingOn(short) ?? found.says,
    config: scenery.config,
    commands: [...scenery.stage, ...shown],
    shown,
  };
}

const writeCommand = createJsonWriter(Command);

/** A command as the wire carries it. */
function inputOf(command: Command): CommandInput {
  return JSON.parse(writeCommand(command)) as CommandInput;
}

function undecidedIn({ oracle }: ReturnType<typeof createVm>): number {
  return (oracle?.vcpus ?? []).reduce((sum, judged) => sum + (judged?.undecided ?? 0), 0);
}
