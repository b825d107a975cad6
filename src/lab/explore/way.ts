import type { Futures, Vm } from '../../mmu/index.js';
import type { Command } from '../../mmu/schema/index.js';
import { attempt, type Setting, settled, startedVm, type Tried, twinOf } from './machine.js';
import type { States } from './store/states.js';

/** The states of a search, and how they are told apart. */
interface Known {
  readonly states: States;
  readonly futures: Futures;
}

/** States from the first one on, each led to by one command. */
interface Way {
  readonly states: readonly number[];
  /** The property that a command fails in the last of them; null: the last state is the end. */
  readonly property: string | null;
}

/**
 * Commands that lead along a way. A state stands for many, and its commands may be those of another
 * vCPU: so the way is gone with a VM that is never settled, and each command is looked for anew.
 */
export function wayTo(setting: Setting, known: Known, { states, property }: Way): Command[] {
  const commands: Command[] = [];
  let vm = startedVm(setting);
  const take = (isMeant: (tried: Tried, twin: Vm) => boolean): void => {
    for (const command of setting.alphabet) {
      const twin = twinOf(vm);
      const tried = attempt(twin, command, setting.properties);
      if (!isMeant(tried, twin)) continue;
      commands.push(command);
      vm = twin;
      return;
    }
    throw new Error(
      `No command leads on after ${commands.length}: states were mistaken for others`,
    );
  };
  for (const state of states.slice(1)) {
    take(
      ({ outcome }, twin) =>
        outcome !== null && known.states.intern(settled(twinOf(twin), known.futures)) === state,
    );
  }
  if (property !== null) {
    take(({ findings }) => findings.some((finding) => finding.property === property));
  }
  return commands;
}

/**
 * The objection of a property at the end of some commands. They are carried out on one VM from the first to
 * the last, so that the sentence can name whoever is to blame.
 */
export function saidAfter(
  setting: Setting,
  commands: readonly Command[],
  property: string,
): string | null {
  const vm = startedVm(setting);
  let says: string | null = null;
  let seq = 0;
  const next = (): number => {
    seq += 1;
    return seq;
  };
  for (const command of commands) {
    const { findings } = attempt(vm, command, setting.properties, { next });
    says = findings.find((finding) => finding.property === property)?.says ?? null;
  }
  return says;
}
