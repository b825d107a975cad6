import { step, type Vm } from '../../mmu/index.js';
import type { Command, MmuEvent, Outcome } from '../../mmu/schema/index.js';
import { deliver, fetchCode } from './guest.js';

/** Outcomes and events of the model during one operation. */
export interface OperationRun {
  /** The outcome of each of the operation's commands. */
  readonly outcomes: readonly Outcome[];
  readonly events: readonly MmuEvent[];
}

/**
 * Runs the commands of one operation, then lets the guest go on, so that everything pending
 * happens within the operation, as it did on the recorded machine. A command that needs L2 is left
 * out once L2 has left.
 */
export function runOperation(vm: Vm, commands: readonly Command[]): OperationRun {
  const outcomes: Outcome[] = [];
  const events: MmuEvent[] = [];
  const emit = (_vcpu: unknown, event: MmuEvent) => events.push(event);
  const isInL2 = () => vm.vcpus[0]?.nested.guestMode === true;
  for (const [index, command] of commands.entries()) {
    const needsL2 = index > 0 && isEntry(commands[0]);
    if (needsL2 && !isInL2()) continue;
    const outcome = step(vm, command, emit);
    outcomes.push(outcome);
    // L2 may not even reach an instruction: an exit on its way there is how the operation ended.
    if (isInL2()) outcomes.push(step(vm, fetchCode(), emit));
    if (outcome.kind === 'fault') for (const part of deliver(outcome)) step(vm, part, emit);
  }
  step(vm, { kind: 'enter', vcpu: 0 }, emit);
  step(vm, fetchCode(), emit);
  return { outcomes, events };
}

function isEntry(command: Command | undefined): boolean {
  return command?.kind === 'vmlaunch' || command?.kind === 'vmresume';
}
