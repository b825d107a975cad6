import type { Outcome } from '../../../src/mmu/schema/index.js';
import type { Bench } from '../bench.js';
import { setRegisterBit } from '../bench.js';
import type { ArchitectureCase } from '../case.js';
import { type Machine, run } from '../machine.js';
import { prepare } from '../prepare.js';
import { refuseOthers, Unreadable } from '../reading.js';
import { withBits } from '../register-bits.js';
import { benchOf } from '../setup.js';
import { type Judged, observe } from '../trial.js';
import { type Access, accessCommand, mustRun } from './access-command.js';
import { mapGuestPage, PAGE_GPA } from './guest-tables.js';
import { ACCESS_KINDS, pagingsOf } from './kinds.js';
import { OPEN_ENTRY, PAGE_BITS } from './page-entry.js';

const CASE = "two-step access ('twice' flag), WP=1";
const FIRST = /^supervisor read of the page\b/;
const SECOND = 'then the access under test, no flush';
const OUTCOME = 'same as a single access, plus A set by the first';

const GVA = 0xffff923400000000n;
const BITS_UNDER_TEST = [PAGE_BITS.W, PAGE_BITS.U, PAGE_BITS.XD];

/** Whether a sequence is an access under test that follows a read of the same page. */
export function isTwoStep(setup: ArchitectureCase['setup'], steps: readonly string[]): boolean {
  return setup.case === CASE && FIRST.test(steps[0] ?? '') && steps[1] === SECOND;
}

/**
 * Every access by every kind of PTE, once alone and once after a supervisor's read, which fills
 * whatever caches translations. NXE is set, so that the read itself cannot fault.
 */
export function* tryTwoSteps(item: ArchitectureCase): Iterable<Judged> {
  refuseOthers(item.setup, ['case'], 'setup key');
  refuseOthers(item.expect, ['outcome', 'note'], 'expectation');
  if (item.expect.outcome !== OUTCOME) throw new Unreadable(`outcome "${item.expect.outcome}"`);
  for (const paging of pagingsOf(benchOf({ ...item, setup: {} }, false))) {
    for (const pte of ptesUnderTest()) {
      for (const kind of ACCESS_KINDS) {
        for (const user of [false, true]) {
          const start = () =>
            startMachine({ ...benchOf({ ...item, setup: {} }, false), paging }, pte);
          const access = { kind, gva: GVA, user, ac: false };
          yield tryTwice(start, access, `${paging}, PTE 0x${pte.toString(16)}`);
        }
      }
    }
  }
}

interface Started {
  readonly machine: Machine;
  readonly entry: bigint;
}

function tryTwice(start: () => Started, access: Access, where: string): Judged {
  const alone = run(start().machine, accessCommand(access));
  const { machine, entry } = start();
  mustRun(machine, accessCommand({ ...access, kind: 'read', user: false }));
  const label = `${where}, ${access.user ? 'user' : 'supervisor'} ${access.kind}`;
  const trial = observe(machine, { label, entry }, () => run(machine, accessCommand(access)));
  return { trial, expect: { ...sameAs(alone), pte_has: 'A' } };
}

function sameAs(outcome: Outcome) {
  if (outcome.kind !== 'fault') return { outcome: outcome.kind };
  return { outcome: 'fault', vector: outcome.vector, error_code: outcome.errorCode };
}

function ptesUnderTest(): readonly bigint[] {
  return Array.from({ length: 2 ** BITS_UNDER_TEST.length }, (_, choice) =>
    BITS_UNDER_TEST.reduce(
      (pte, bit, index) => withBits(pte, bit, ((choice >> index) & 1) === 1),
      OPEN_ENTRY,
    ),
  );
}

function startMachine(bench: Bench, pte: bigint): Started {
  setRegisterBit(bench, 'NXE', true);
  const entries = new Map([[1, pte]]);
  const page = { gva: GVA, gpa: PAGE_GPA, leafLevel: 1, entries, sharedLevel: 0 };
  const entry = mapGuestPage(bench, page, new Map());
  return { machine: prepare(bench), entry };
}
