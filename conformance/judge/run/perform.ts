import type { Outcome } from '../../../src/mmu/schema/index.js';
import { hexOf, toBigint } from '../attempt/hex.js';
import type { ChangeStep, Done, MachineCommand, MachineStep } from '../attempt/machine-step.js';
import { type Machine, run, stateOf } from './machine.js';
import { SetupFailed } from './setup-failed.js';
import { showOutcome } from './show.js';

/** Carries out a step. @returns `ok` if it was done, in whatever way counts as that. */
export function perform(machine: Machine, step: MachineStep): Outcome {
  const command = step.kind === 'change' ? changeOf(machine, step) : step.command;
  const outcome = run(machine, command);
  const done = step.kind === 'command' ? step.done : undefined;
  if (outcome.kind === 'ok') return outcome;
  return isDone(machine, outcome, done) ? { kind: 'ok' } : outcome;
}

/** Carries out a step that only leads up to what is observed. @throws {SetupFailed} */
export function mustPerform(machine: Machine, step: MachineStep): void {
  const outcome = perform(machine, step);
  if (outcome.kind === 'ok') return;
  const what = step.kind === 'command' ? step.command : step.register;
  throw new SetupFailed(`setup ${JSON.stringify(what)} gave ${showOutcome(outcome)}`);
}

/** The same for a command. @param wanted The outcome that counts as done. */
export function mustRun(machine: Machine, command: MachineCommand, wanted = 'ok'): void {
  const outcome = run(machine, command);
  if (outcome.kind === wanted) return;
  throw new SetupFailed(`setup ${JSON.stringify(command)} gave ${showOutcome(outcome)}`);
}

const INSTRUCTIONS = {
  cr0: 'mov-cr0',
  cr3: 'mov-cr3',
  cr4: 'mov-cr4',
  efer: 'wrmsr-efer',
} as const;

function changeOf(
  machine: Machine,
  { register, by, set, clear, toggle, gpr }: ChangeStep,
): MachineCommand {
  const state = stateOf(machine);
  const present = register === 'cr3' ? toBigint(state.cr3) : BigInt(state[register]);
  const value = hexOf(((present | set) & ~clear) ^ toggle);
  if (by === 'set-sregs') return { kind: 'set-sregs', [register]: value };
  const kind = INSTRUCTIONS[register];
  return gpr === undefined ? { kind, value } : { kind, value, gpr };
}

function isDone(machine: Machine, outcome: Outcome, done: Done | undefined): boolean {
  switch (done?.kind) {
    case undefined:
      return outcome.kind === 'ok';
    case 'anyhow':
      return true;
    case 'exit':
      return outcome.kind === 'vm-exit';
    case 'mmio':
      return outcome.kind === 'ok' || (outcome.kind === 'mmio' && BigInt(outcome.gpa) === done.gpa);
    case 'host-loaded': {
      const state = stateOf(machine);
      return (
        outcome.kind === 'vm-exit' &&
        !state.nested.guestMode &&
        (done.cr3 === null || toBigint(state.cr3) === done.cr3) &&
        (done.cr4 === null || BigInt(state.cr4) === done.cr4)
      );
    }
  }
}
