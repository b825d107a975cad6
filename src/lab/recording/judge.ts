import { z } from 'zod';
import type { Vm } from '../../mmu/index.js';
import { hex } from '../../mmu/index.js';
import {
  type ConformReport,
  countSkipped,
  createReport,
  type Failure,
  formFailure,
} from '../report.js';
import { commandsOf } from './commands-of.js';
import { createRecordedVm } from './machine.js';
import { groupFreed, type ObservedKey, observe } from './observe.js';
import { type RecordedOperation, Recording } from './recording.js';
import { resultOf } from './result.js';
import { runOperation } from './run-operation.js';

type Key = ObservedKey | 'result';

/** Keys that must all be right for an operation to pass, unless the caller names others. */
const FIRST_TIER: readonly Key[] = [
  'result',
  'injected',
  'switches',
  'evicted',
  'freed',
  'unsynced',
  'synced',
  'rootMmu',
  'guestMmu',
];

/** Keys in which the guest's own code, stack and tables leave traces as well. */
const SECOND_TIER: readonly Key[] = ['loads', 'zapped', 'flushes', 'faults'];

/** Keys of an operation that can be judged. */
export const RECORDED_KEYS: readonly string[] = [...FIRST_TIER, ...SECOND_TIER];

/**
 * Runs the operations of a recording and holds each against what the real kernel did. An operation
 * passes when all its judged keys are right; a key that was not observed is not judged. A recording
 * that is not in the known form, or that cannot be run, fails as a whole.
 *
 * @param only Judge these keys and no others; unless told, those of the first tier.
 * @throws {RangeError} If `only` has a name that is no key.
 */
export function judgeRecording(
  content: unknown,
  { only }: { readonly only?: readonly string[] } = {},
): ConformReport {
  const stranger = only?.find((key) => !RECORDED_KEYS.includes(key));
  if (stranger !== undefined) {
    throw new RangeError(`no key "${stranger}"; there are ${RECORDED_KEYS.join(', ')}`);
  }
  const keys = [...FIRST_TIER, ...SECOND_TIER].filter(
    (key) => only?.includes(key) ?? FIRST_TIER.includes(key),
  );
  const report = createReport();
  const read = Recording.safeParse(content);
  if (!read.success) {
    report.failures.push(formFailure(nameOf(content), 'a recording', read.error));
    return report;
  }
  judgeOperations(read.data, keys, report);
  return report;
}

function nameOf(content: unknown): string {
  const { name } = Object(content) as { name?: unknown };
  return typeof name === 'string' ? name : 'recording';
}

function judgeOperations(recording: Recording, keys: readonly Key[], report: ConformReport): void {
  const { name, machine, operations } = recording;
  let where = name;
  try {
    const vm = createRecordedVm(recording);
    for (const operation of operations) {
      const { n, op, args } = operation;
      where = `${name} #${n} ${op} ${args.join(' ')}`.trimEnd();
      judgeOperation(vm, { operation, nested: machine.nested, where }, keys, report);
    }
  } catch (error) {
    // The rest is left out: this one was not run, or not to its end, so none could be right.
    report.failures.push(failureOf(where, error));
  }
}

/** The model's own failure is one of the recording as well: it must not end the report. */
function failureOf(where: string, error: unknown): Failure {
  if (error instanceof z.ZodError) return formFailure(where, 'what a VM can be given', error);
  const came = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { where, expected: 'a step of the model', came };
}

interface ToJudge {
  readonly operation: RecordedOperation;
  readonly nested: boolean;
  readonly where: string;
}

function judgeOperation(
  vm: Vm,
  { operation, nested, where }: ToJudge,
  keys: readonly Key[],
  report: ConformReport,
): void {
  const commands = commandsOf(vm, operation);
  if (commands === null) {
    countSkipped(report, `operation ${operation.op}`);
    return;
  }
  const { outcomes, events } = runOperation(vm, commands);
  const result = hex(resultOf(vm, operation, { outcomes, nested }));
  const came = { ...observe(vm, events, operation), result };
  const judged = keys.filter((key) => operation[key] != null);
  if (judged.length === 0) {
    countSkipped(report, `operation ${operation.op}: nothing observed that is judged`);
    return;
  }
  const wrong = differencesIn(operation, came, judged);
  if (wrong === null) report.passed += 1;
  else report.failures.push({ where, ...wrong });
}

/** Every key that is wrong, with what was expected and what came; null if all are right. */
function differencesIn(
  operation: RecordedOperation,
  came: Pick<RecordedOperation, Key>,
  judged: readonly Key[],
): Pick<Failure, 'expected' | 'came'> | null {
  const expected = { ...operation, freed: groupFreed(operation.freed ?? []) };
  const wrong = judged.filter((key) => text(expected[key]) !== text(came[key]));
  if (wrong.length === 0) return null;
  return {
    expected: wrong.map((key) => `${key} ${text(expected[key])}`).join(', '),
    came: wrong.map((key) => `${key} ${text(came[key])}`).join(', '),
  };
}

/** Canonical: keys of the recording's objects in one order, whatever order the file has. */
function text(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
