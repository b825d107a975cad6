import { countSkipped, createVerdict, type Verdict } from '../verdict.js';
import { commandsOf } from './commands-of.js';
import { createRecordedVm } from './machine.js';
import { groupFreed, observeRoots, type RootKey } from './observe.js';
import { play } from './play.js';
import { type Operation, Recording } from './recording.js';

/** Keys that the model can be held against. */
const JUDGED_KEYS: readonly RootKey[] = ['switches', 'evicted', 'freed', 'rootMmu', 'guestMmu'];

/** Keys that need what lies below the roots. */
const UNJUDGED_KEYS = [
  'result',
  'injected',
  'unsynced',
  'synced',
  'loads',
  'zapped',
  'flushes',
  'faults',
] as const;

const KEYS: readonly string[] = [...JUDGED_KEYS, ...UNJUDGED_KEYS];

/**
 * Plays a recording and holds every operation against what the real kernel did. An operation
 * passes when all its judged keys are right; a key that was not observed is not judged.
 *
 * @param only Judge these keys and no others.
 * @throws {Error} If the recording is not in the known form, or `only` names no key.
 */
export function judgeRecording(
  content: unknown,
  { only }: { readonly only?: readonly string[] } = {},
): Verdict {
  const stranger = only?.find((key) => !KEYS.includes(key));
  if (stranger !== undefined) throw new Error(`no key "${stranger}"; there are ${KEYS.join(', ')}`);

  const recording = Recording.parse(content);
  const vm = createRecordedVm(recording);
  const verdict = createVerdict();
  const isMeant = (key: string) => only === undefined || only.includes(key);
  for (const operation of recording.operations) {
    const commands = commandsOf(vm, operation);
    if (commands === null) {
      countSkipped(verdict, `operation ${operation.op}`);
      continue;
    }
    const { events } = play(vm, commands);
    const came = observeRoots(vm, events);
    judgeOperation(verdict, { name: recording.name, operation, came }, JUDGED_KEYS.filter(isMeant));
    for (const key of UNJUDGED_KEYS.filter(isMeant)) {
      if (operation[key] != null) countSkipped(verdict, `key ${key}`);
    }
  }
  return verdict;
}

interface Trial {
  readonly name: string;
  readonly operation: Operation;
  readonly came: Pick<Operation, RootKey>;
}

/** One line a wrong operation: every key that is wrong, with what was expected and what came. */
function judgeOperation(verdict: Verdict, trial: Trial, keys: readonly RootKey[]): void {
  const { name, operation, came } = trial;
  const judged = keys.filter((key) => operation[key] != null);
  if (judged.length === 0) return;
  const expected = { ...operation, freed: groupFreed(operation.freed ?? []) };
  const wrong = judged.filter((key) => text(expected[key]) !== text(came[key]));
  if (wrong.length === 0) {
    verdict.passed += 1;
    return;
  }
  verdict.failures.push({
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
