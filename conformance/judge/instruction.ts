import type { Outcome } from '../../src/mmu/schema/index.js';
import type { ArchitectureCase } from './case.js';
import { run, stateOf } from './machine.js';
import { hasFieldArgs, planOf } from './operations.js';
import { prepare } from './prepare.js';
import { benchOf } from './setup.js';
import { observe, type Trial } from './trial.js';

/**
 * Brings a VM into the state that the case asks for and executes the instructions that it names.
 *
 * @throws {Unreadable} If the case says something without a rule.
 * @throws {SetupFailed} If the model does not let the state come about.
 */
export function tryInstruction(item: ArchitectureCase): Trial {
  const plan = planOf(item);
  const bench = benchOf(item, hasFieldArgs(item));
  const machine = prepare(bench);
  return observe(machine, {}, () => {
    let outcome: Outcome = { kind: 'ok' };
    for (const { operation, args } of plan) {
      outcome = run(machine, operation.command({ bench, args, state: stateOf(machine) }));
      const isDone = operation.isDone?.(outcome, bench, stateOf(machine)) ?? outcome.kind === 'ok';
      if (!isDone) return outcome;
      outcome = { kind: 'ok' };
    }
    return outcome;
  });
}
