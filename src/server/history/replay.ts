import type { EventRing, Step } from '../../journal/index.js';
import type { Vm } from '../../mmu/index.js';
import type { Command } from '../../mmu/schema/index.js';
import type { Fleet } from '../fleet/fleet.js';
import { forEachInTurns } from '../fleet/turns.js';

/** Whether a step of a history is a command. */
export function isCommand<State>(step: Step<State>): step is CommandStep<State> {
  return step.type === 'command';
}

type CommandStep<State> = Extract<Step<State>, { readonly type: 'command' }>;

/** Commands among the records after `from`, up to `to`. */
export function* commandsBetween(ring: EventRing, from: number, to: number): Generator<Command> {
  for (const step of ring.past.steps(from, to)) if (isCommand(step)) yield step.command;
}

/** Runs commands again on a VM that nobody else holds, in slices between which others get a turn. */
export async function replay(
  { turns, step }: Pick<Fleet, 'turns' | 'step'>,
  vm: Vm,
  commands: readonly Command[],
): Promise<Vm> {
  await forEachInTurns(turns, commands, (command) => step(vm, command, null));
  return vm;
}
