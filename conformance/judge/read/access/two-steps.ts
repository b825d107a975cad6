import { ACCESS_KINDS } from '../../attempt/access.js';
import type { RepeatedAttempt } from '../../attempt/attempt.js';
import { mapGuestPage, PAGE_GPA } from '../../attempt/guest-tables.js';
import { hexOf } from '../../attempt/hex.js';
import { type MachineSpec, setRegisterBit } from '../../attempt/machine-spec.js';
import { OPEN_ENTRY, PAGE_BITS } from '../../attempt/page-bits.js';
import { withBits } from '../../attempt/register-bits.js';
import { Unreadable } from '../../attempt/unreadable.js';
import type { ArchitectureCase } from '../../case.js';
import { refuseOthers } from '../reading.js';
import { specOf } from '../setup.js';
import { pagingsOf } from './kinds.js';

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
export function* readTwoSteps(item: ArchitectureCase): Iterable<RepeatedAttempt> {
  refuseOthers(item.setup, ['case'], 'setup key');
  refuseOthers(item.expect, ['outcome', 'note'], 'expectation');
  if (item.expect.outcome !== OUTCOME) throw new Unreadable(`outcome "${item.expect.outcome}"`);
  for (const paging of pagingsOf(specOf({ ...item, setup: {} }, false))) {
    for (const pte of ptesUnderTest()) {
      for (const kind of ACCESS_KINDS) {
        for (const user of [false, true]) {
          const spec = { ...specOf({ ...item, setup: {} }, false), paging };
          const entry = mapTestPage(spec, pte);
          const who = user ? 'user' : 'supervisor';
          const label = `${paging}, PTE ${hexOf(pte)}, ${who} ${kind}`;
          yield {
            kind: 'repeated',
            label,
            spec,
            access: { kind, gva: GVA, user, ac: false },
            entry,
          };
        }
      }
    }
  }
}

function ptesUnderTest(): readonly bigint[] {
  return Array.from({ length: 2 ** BITS_UNDER_TEST.length }, (_, choice) =>
    BITS_UNDER_TEST.reduce(
      (pte, bit, index) => withBits(pte, bit, ((choice >> index) & 1) === 1),
      OPEN_ENTRY,
    ),
  );
}

/** @returns Where the PTE lies. */
function mapTestPage(spec: MachineSpec, pte: bigint): bigint {
  setRegisterBit(spec, 'NXE', true);
  const entries = new Map([[1, pte]]);
  return mapGuestPage(
    spec,
    { gva: GVA, gpa: PAGE_GPA, leafLevel: 1, entries, sharedLevel: 0 },
    new Map(),
  );
}
