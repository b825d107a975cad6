import { type ConformReport, countSkipped, createReport } from '../report.js';
import { commandsOf } from './commands-of.js';
import { hex } from './hex.js';
import { createRecordedVm } from './machine.js';
import { groupFreed, type ObservedKey, observe } from './observe.js';
import { play } from './play.js';
import { type Operation, Recording } from './recording.js';
import { resultOf } from './result.js';

type Key = ObservedKey | 'result';

/** What an operation must have right. */
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

/** What the guest's own code, stack and tables leave traces in as well. */
const SECOND_TIER: readonly Key[] = ['loads', 'zapped', 'flushes', 'faults'];

const KEYS: readonly Key[] = [...FIRST_TIER, ...SECOND_TIER];

/**
 * Plays a recording and holds every operation against what the real kernel did. An operation
 * passes when all its judged keys are right; a key that was not observed is not judged.
 *
 * @param only Judge these keys and no others; unless told, those of the first tier.
 * @throws {Error} If the recording is not in the known form, or `only` names no key.
 */
export function judgeRecording(
  content: unknown,
  { only }: { readonly only?: readonly string[] } = {},
): ConformReport {
  const stranger = only?.find((key) => !(KEYS as readonly string[]).includes(key));
  if (stranger !== undefined) throw new Error(`no key "${stranger}"; there are ${KEYS.join(', ')}`);

  const recording = Recording.parse(content);
  const vm = createRecordedVm(recording);
  const report = createReport();
  const keys = only === undefined ? FIRST_TIER : KEYS.filter((key) => only.includes(key));
  const { nested } = recording.machine;
  for (const operation of recording.operations) {
    const commands = commandsOf(vm, operation);
    if (commands === null) {
      countSkipped(report, `operation ${operation.op}`);
      continue;
    }
    const { outcomes, events } = play(vm, commands);
    const result = hex(resultOf(vm, operation, { outcomes, nested }));
    const came = { ...observe(vm, events, operation), result };
    judgeOperation(report, { name: recording.name, operation, came }, keys);
  }
  return report;
}

interface Trial {
  readonly name: string;
  readonly operation: Operation;
  readonly came: Pick<Operation, Key>;
}

/** One line a wrong operation: every key that is wrong, with what was expected and what came. */
function judgeOperation(report: ConformReport, trial: Trial, keys: readonly Key[]): void {
  const { name, operation, came } = trial;
  const judged = keys.filter((key) => operation[key] != null);
  if (judged.length === 0) return;
  const expected = { ...operation, freed: groupFreed(operation.freed ?? []) };
  const wrong = judged.filter((key) => text(expected[key]) !== text(came[key]));
  if (wrong.length === 0) {
    report.passed += 1;
    return;
  }
  report.failures.push({
    where: `${name} #${operation.n} ${operation.op} ${operation.args.join(' ')}`.trimEnd(),
    expected: wrong.map((key) => `${key} ${text(expected[key])}`).join(', '),
    came: wrong.map((key) => `${key} ${text(came[key])}`).join(', '),
  });
}

/** Canonical: keys of the recording's objects in one order, whatever order the file has. */
function text(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
