import { Unreadable } from '../../attempt/unreadable.js';
import type { UseAction, UseAttempt } from '../../attempt/use.js';
import type { ArchitectureCase } from '../../case.js';
import { flagOf, refuseOthers, textOf } from '../reading.js';
import { useStepsOf } from './use-actions.js';
import { allowedEndsOf } from './use-ends.js';

/** Facts of a case; those of `eptp_ad` and `invpcid` are said again by its steps. */
const SETUP_KEYS = ['note', 'pcide', 'pge', 'g', 'ept', 'vpid', 'eptp_ad', 'invpcid'];

/**
 * A sequence of steps whose last access may end in one of several ways: one attempt for each way
 * to run the guest, and for an L2 with a VPID and without.
 *
 * @throws {Unreadable} If the case says something without a rule.
 */
export function* readUse({ setup, args, expect }: ArchitectureCase): Iterable<UseAttempt> {
  const ends = allowedEndsOf(textOf(expect.outcome));
  refuseOthers(setup, SETUP_KEYS, 'setup key');
  refuseOthers(args, ['steps'], 'argument');
  refuseOthers(expect, ['outcome', 'note'], 'expectation');
  if (!flagOf(setup.pge ?? 1)) throw new Unreadable('setup pge 0');
  if (!Array.isArray(args.steps)) throw new Unreadable('steps');
  const { actions, sharesEpt } = useStepsOf(args.steps.map(textOf));
  const last = actions.at(-1);
  if (last?.kind !== 'access') throw new Unreadable('steps that end without an access');
  const before = withFirstUse(actions).slice(0, -1);
  const isGlobal = flagOf(setup.g ?? 0);
  const pcide = flagOf(setup.pcide ?? 0);
  for (const { paging, vpid } of machinesFor(setup, actions)) {
    const label = vpid === null ? paging : `${paging}, VPID ${vpid}`;
    const said = { isGlobal, pcide, sharesEpt, actions: before, last: last.access, ends };
    yield { kind: 'use', label, paging, vpid, ...said };
  }
}

/** A case with an EPT is about L2; whether it has a VPID may be left open. */
function machinesFor(
  setup: ArchitectureCase['setup'],
  actions: readonly UseAction[],
): readonly Pick<UseAttempt, 'paging' | 'vpid'>[] {
  const hasL2 =
    flagOf(setup.ept ?? 0) || actions.some((it) => it.kind === 'change' && it.table === 'ept');
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

/** The entry that is to be changed was used before, so that it is cached. */
function withFirstUse(actions: readonly UseAction[]): readonly UseAction[] {
  const at = actions.findIndex(({ kind }) => kind === 'change');
  const changed = actions[at];
  if (changed?.kind !== 'change') return actions;
  if (actions.slice(0, at).some(({ kind }) => kind === 'access')) return actions;
  return [
    { kind: 'access', access: changed.change === 'read-only' ? 'write' : 'read' },
    ...actions,
  ];
}
