import type { MmuEvent, Outcome, VcpuState } from '../../../mmu/schema/index.js';
import type { ArchitectureCase } from './case.js';
import { errorFieldOf, run, stateOf } from './machine.js';
import { hasFieldArgs, planOf } from './operations.js';
import { prepare } from './prepare.js';
import { benchOf } from './setup.js';

/** What the model did with a case. */
export interface Trial {
  /** Of the last instruction: `ok` as well for one that was done in its own way. */
  readonly outcome: Outcome;
  readonly before: VcpuState;
  readonly after: VcpuState;
  /** VM-instruction error field of the current VMCS; null without one. */
  readonly errorField: number | null;
  /** Events of the instructions and of the VM-entry that follows, which services their requests. */
  readonly events: readonly MmuEvent[];
}

/**
 * Brings a VM into the state that the case asks for and executes what it says.
 *
 * @throws {Unreadable} If the case says something without a rule.
 * @throws {SetupFailed} If the model does not let the state come about.
 */
export function tryCase(item: ArchitectureCase): Trial {
  const plan = planOf(item);
  const bench = benchOf(item, hasFieldArgs(item));
  const machine = prepare(bench);
  const before = stateOf(machine);

  let outcome: Outcome = { kind: 'ok' };
  for (const { operation, args } of plan) {
    outcome = run(machine, operation.command({ bench, args, state: stateOf(machine) }));
    const isDone = operation.isDone?.(outcome, bench, stateOf(machine)) ?? outcome.kind === 'ok';
    if (!isDone) break;
    outcome = { kind: 'ok' };
  }

  const after = stateOf(machine);
  const errorField = errorFieldOf(machine);
  if (outcome.kind === 'ok') run(machine, { kind: 'enter' });
  return { outcome, before, after, errorField, events: machine.events };
}
