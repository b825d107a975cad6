import { allowedStateOf, isWatched } from '../../../src/mmu/index.js';
import type { AllowedState, Outcome } from '../../../src/mmu/schema/index.js';
import { type Access, accessCommand } from '../access/access-command.js';
import type { ArchitectureCase } from '../case.js';
import type { Difference } from '../checks.js';
import { type Machine, run } from '../machine.js';
import { SetupFailed } from '../prepare.js';
import { flagOf, refuseOthers, textOf, Unreadable } from '../reading.js';
import { showOutcome } from '../wanted.js';
import { TEST_PAGES } from './layout.js';
import { type AllowedEnds, allowedEndsOf } from './use-outcome.js';
import {
  accessOf,
  beInGuest,
  type ChangeAct,
  type Play,
  perform,
  type Stage,
  startPlay,
} from './use-play.js';
import { type Change, type UseAct, useActsOf } from './use-steps.js';

/** Facts of a case; those of `eptp_ad` and `invpcid` are said again by its steps. */
const SETUP_KEYS = ['note', 'pcide', 'pge', 'g', 'ept', 'vpid', 'eptp_ad', 'invpcid'];
const EPT_VIOLATION = 48;
const { gva: GVA, frames: FRAMES } = TEST_PAGES.same;

/**
 * A sequence of steps whose last access may end in one of several ways. The model must end it in
 * one of them, and the oracle must allow these and no other.
 *
 * @throws {Unreadable} If the case says something without a rule.
 */
export function* judgeUseCase({ setup, args, expect }: ArchitectureCase): Iterable<Difference> {
  const ends = allowedEndsOf(textOf(expect.outcome));
  refuseOthers(setup, SETUP_KEYS, 'setup key');
  refuseOthers(args, ['steps'], 'argument');
  refuseOthers(expect, ['outcome', 'note'], 'expectation');
  if (!flagOf(setup.pge ?? 1)) throw new Unreadable('setup pge 0');
  if (!Array.isArray(args.steps)) throw new Unreadable('steps');
  const acts = useActsOf(args.steps.map(textOf));
  if (acts.at(-1)?.kind !== 'access') throw new Unreadable('steps that end without an access');
  for (const { paging, vpid } of stagesOf(setup, acts)) {
    const stage = { setup, acts, ends, paging, vpid };
    for (const { expected, came } of tryUse(stage)) {
      yield { expected, came: `${paging}${vpid === null ? '' : `, VPID ${vpid}`}: ${came}` };
    }
  }
}

/** A case with an EPT is about L2; whether it has a VPID may be left open. */
function stagesOf(setup: ArchitectureCase['setup'], acts: readonly UseAct[]): readonly Stage[] {
  const hasL2 = flagOf(setup.ept ?? 0) || acts.some((act) => 'table' in act && act.table === 'ept');
  if (!hasL2) {
    return [
      { paging: 'shadow', vpid: null },
      { paging: 'ept', vpid: null },
    ];
  }
  const vpids: readonly (0 | 1)[] =
    setup.vpid === undefined ? [0, 1] : [flagOf(setup.vpid) ? 1 : 0];
  return vpids.map((vpid) => ({ paging: 'ept', vpid }));
}

function* tryUse({
  setup,
  acts,
  ends,
  paging,
  vpid,
}: Stage & {
  setup: ArchitectureCase['setup'];
  acts: readonly UseAct[];
  ends: AllowedEnds;
}): Iterable<Difference> {
  const said = { isGlobal: flagOf(setup.g ?? 0), pcide: flagOf(setup.pcide ?? 0) };
  const play = startPlay({ paging, vpid }, acts, said);
  const steps = withFirstUse(acts, play.changed);
  for (const act of steps.slice(0, -1)) perform(play, act);
  const last = steps.at(-1) as UseAct & { kind: 'access' };
  beInGuest(play);
  yield* tryLast(play, accessOf(last), ends);
}

/** What is to be changed was used before, so that it is cached. */
function withFirstUse(acts: readonly UseAct[], changed: ChangeAct | null): readonly UseAct[] {
  const isUsed = acts.slice(0, acts.indexOf(changed ?? (acts[0] as UseAct))).some(isAccess);
  if (changed === null || isUsed) return acts;
  const access = changed.change === 'read-only' ? 'write' : 'read';
  return [{ kind: 'access', access }, ...acts];
}

function isAccess({ kind }: UseAct): boolean {
  return kind === 'access';
}

function* tryLast(play: Play, access: Access, ends: AllowedEnds): Iterable<Difference> {
  const { machine } = play.scene;
  yield* differencesInAllowed(play, allowedNow(machine), access, ends);
  const outcome = run(machine, accessCommand(access));
  const end = endOf(outcome, access, play.changed?.change ?? null);
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
  { changed, vpid }: Play,
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

function endOf(outcome: Outcome, { kind }: Access, change: Change | null): End {
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
