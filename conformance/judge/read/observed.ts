import type { ObservedAttempt, ObservedStep } from '../attempt/attempt.js';
import type { Check } from '../attempt/check.js';
import type { MachineStep } from '../attempt/machine-step.js';
import { Unreadable } from '../attempt/unreadable.js';
import type { ArchitectureCase } from '../case.js';
import { checksOf } from './expectation.js';
import { hasFieldArgs, instructionsOf } from './instructions.js';
import { specOf } from './setup.js';

/**
 * The instructions of a case, on the machine that it asks for.
 *
 * @throws {Unreadable} If the case says something without a rule.
 */
export function readInstructions(item: ArchitectureCase): ObservedAttempt {
  const spec = specOf(item, hasFieldArgs(item));
  const steps = instructionsOf(item, spec);
  const observed = [observedStep({ label: '', steps, entry: null }, checksOf(item.expect))];
  return { kind: 'observed', spec, preparation: [], observed };
}

/** @throws {Unreadable} If something is demanded of an entry, and none is watched. */
export function observedStep(
  { label, steps, entry }: { label: string; steps: readonly MachineStep[]; entry: bigint | null },
  checks: readonly Check[],
): ObservedStep {
  if (entry === null && checks.some(isOfEntry)) throw new Unreadable('a PTE without an access');
  return { label, steps, entry, checks };
}

function isOfEntry(check: Check): boolean {
  return (
    check.kind === 'entry' ||
    check.kind === 'entry-has' ||
    (check.kind === 'gpa' && check.gpa === null)
  );
}
