import { step, type Vm } from '../../../mmu/index.js';
import type { Command, MmuEvent, Outcome } from '../../../mmu/schema/index.js';

/** What the model did during one operation. */
export interface Played {
  readonly outcomes: readonly Outcome[];
  readonly events: readonly MmuEvent[];
}

/**
 * Plays the commands of one operation, then enters the guest, so that everything pending happens
 * within the operation, as it did on the recorded machine. A command that needs L2 is left out
 * once L2 has left.
 */
export function play(vm: Vm, commands: readonly Command[]): Played {
  const outcomes: Outcome[] = [];
  const events: MmuEvent[] = [];
  const emit = (_vcpu: unknown, event: MmuEvent) => events.push(event);
  for (const [index, command] of commands.entries()) {
    const needsL2 = index > 0 && commands[0]?.kind.startsWith('vm') && command.kind !== 'vmwrite';
    if (needsL2 && !vm.vcpus[0]?.nested.guestMode) continue;
    outcomes.push(step(vm, command, emit));
  }
  outcomes.push(step(vm, { kind: 'enter', vcpu: 0 }, emit));
  return { outcomes, events };
}
