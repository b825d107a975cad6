import { tryL2Access } from './access/l2-access.js';
import { tryLinearAccess } from './access/linear-access.js';
import { trySequence } from './access/sequence.js';
import { tryTaggedPointer } from './access/tagged-pointer.js';
import type { ArchitectureCase } from './case.js';
import { tryInstruction } from './instruction.js';
import type { Judged, Trial } from './trial.js';

/** Operations that are accesses to memory; every other names instructions. */
const ACCESSES: Readonly<Record<string, (item: ArchitectureCase) => Iterable<Trial>>> = {
  LINEAR_ACCESS: tryLinearAccess,
  L2_ACCESS: tryL2Access,
  DATA_ACCESS: tryTaggedPointer,
};

/**
 * Runs everything that a case asks for, one after another. All of it must be as expected.
 *
 * @throws {Unreadable} If the case says something without a rule.
 * @throws {SetupFailed} If the model does not let the state come about.
 */
export function* trialsOf(item: ArchitectureCase): Iterable<Judged> {
  const { op, expect } = item;
  if (op === 'SEQ') {
    yield* trySequence(item);
    return;
  }
  const access = Object.hasOwn(ACCESSES, op) ? ACCESSES[op] : undefined;
  const trials = access === undefined ? [tryInstruction(item)] : access(item);
  for (const trial of trials) yield { trial, expect };
}
