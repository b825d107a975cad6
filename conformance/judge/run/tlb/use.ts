import { allowedStateOf, isWatched } from '../../../../src/mmu/index.js';
import type { AllowedState, Outcome } from '../../../../src/mmu/schema/index.js';
import { type Access, accessCommand } from '../../attempt/access.js';
import type { AllowedEnds, EntryChange, UseAttempt } from '../../attempt/use.js';
import type { Difference } from '../difference.js';
import { type Machine, run } from '../machine.js';
import { SetupFailed } from '../setup-failed.js';
import { showOutcome } from '../show.js';
import { TEST_PAGES } from './layout.js';
import { accessTo, beInGuest, carryOut, startUse, type UseRun } from './use-run.js';

const EPT_VIOLATION = 48;
const { gva: GVA, frames: FRAMES } = TEST_PAGES.same;

/**
 * Carries out a sequence. The model must end the last access in one of the ways that are allowed,
 * and the oracle must allow these and no other.
 *
 * @throws {SetupFailed} If the model does not let the last access come about.
 */
export function* useDifferences(attempt: UseAttempt): Iterable<Difference> {
  const use = startUse(attempt);
  for (const action of attempt.actions) carryOut(use, action);
  beInGuest(use);
  yield* tryLast(use, accessTo(attempt.last), attempt.ends);
}

function* tryLast(use: UseRun, access: Access, ends: AllowedEnds): Iterable<Difference> {
  const { machine } = use.guests;
  yield* differencesInAllowed(use, allowedNow(machine), access, ends);
  const outcome = run(machine, accessCommand(access));
  const end = endOf(outcome, access, use.changed?.change ?? null);
  const isAllowed =
    end === 'stale'
      ? ends.stale
      : end === 'fresh'
        ? ends.fresh
        : isFaultAllowed(outcome, end, ends);
  if (!isAllowed) yield { expected: JSON.stringify(endsSaid(ends)), came: showOutcome(outcome) };
  for (const event of machine.events) {
    if (event.kind === 'violation') yield { expected: 'no violation', came: event.message };
  }
}

/** The oracle allows the stale translation, and a fault for its sake, where the case does. */
function* differencesInAllowed(
  { changed, vpid }: UseRun,
  { translations, complete }: AllowedState,
  { kind }: Access,
  ends: AllowedEnds,
): Iterable<Difference> {
  if (!complete) yield { expected: 'all that is allowed', came: 'a part' };
  const stale = translations.filter(({ replaced }) => replaced !== null);
  const permits = ({ rights, ept }: AllowedState['translations'][number]): boolean =>
    rights[kind] && (ept === null || ept[kind]);
  const old = Number(FRAMES.old);
  const mayBeStale = stale.some((past) => past.gpa === old && permits(past));
  if (mayBeStale !== ends.stale) {
    yield { expected: `stale use ${word(ends.stale)}`, came: `stale use ${word(mayBeStale)}` };
  }
  const adds = changed?.change === 'present' || changed?.change === 'writable';
  const mayFault = translations.some((past) => past.gpa === null || !permits(past));
  if (adds && mayFault !== (ends.fault !== null)) {
    const came = `a fault ${word(mayFault)}${vpid === null ? '' : ' by the EPT'}`;
    yield { expected: `a fault ${word(ends.fault !== null)}`, came };
  }
}

function word(isAllowed: boolean): string {
  return isAllowed ? 'allowed' : 'refused';
}

function allowedNow({ vm, vcpu }: Machine): AllowedState {
  if (!isWatched(vm)) throw new SetupFailed('the VM has no oracle');
  return allowedStateOf(vm, vcpu, { page: Number(GVA >> 12n), low: 0 });
}

type End = 'stale' | 'fresh' | 'page-fault' | 'ept-violation' | 'other';

function endOf(outcome: Outcome, { kind }: Access, change: EntryChange | null): End {
  if (outcome.kind === 'fault' && outcome.vector === '#PF') return 'page-fault';
  if (outcome.kind === 'vm-exit' && outcome.reason === EPT_VIOLATION) return 'ept-violation';
  if (outcome.kind !== 'ok') return 'other';
  if (change === 'not-present' || change === 'read-only') return 'stale';
  if (kind === 'write' || outcome.value === undefined) return 'fresh';
  const { page, low } = outcome.value;
  const value = BigInt(page) * 4096n + BigInt(low);
  return value === FRAMES.old ? 'stale' : value === FRAMES.fresh ? 'fresh' : 'other';
}

function isFaultAllowed(outcome: Outcome, end: End, { fault, errorCode }: AllowedEnds): boolean {
  if (fault === null || end !== fault) return false;
  return (
    errorCode === null || (outcome.kind === 'fault' && outcome.errorCode === Number(errorCode))
  );
}

function endsSaid({ stale, fresh, fault }: AllowedEnds) {
  return { stale, fresh, fault };
}
