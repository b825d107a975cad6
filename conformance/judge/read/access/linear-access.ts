import { type Access, accessCommand } from '../../attempt/access.js';
import type { ObservedAttempt } from '../../attempt/attempt.js';
import {
  defaultEntry,
  ENTRY_LEVELS,
  type EntryName,
  mapGuestPage,
  PAGE_GPA,
} from '../../attempt/guest-tables.js';
import { hexOf } from '../../attempt/hex.js';
import { type MachineSpec, setRegisterBit } from '../../attempt/machine-spec.js';
import { commandStep, type MachineStep } from '../../attempt/machine-step.js';
import { PAGE_BITS, withKey } from '../../attempt/page-bits.js';
import { bitMask, withBits } from '../../attempt/register-bits.js';
import { Unreadable } from '../../attempt/unreadable.js';
import type { ArchitectureCase } from '../../case.js';
import { checksOf } from '../expectation.js';
import { observedStep } from '../observed.js';
import { flagOf, refuseOthers, splitFacts, textOf, withoutComments, wordOf } from '../reading.js';
import { specOf } from '../setup.js';
import { kindsOf, pagingsOf } from './kinds.js';
import { describedEntry } from './page-entry.js';

type Facts = ArchitectureCase['args'];

/** A kernel address in the middle of nowhere: who may use it, its entries alone say. */
const GVA = 0xffff923400000000n;

const ENTRY_NAMES = Object.keys(ENTRY_LEVELS) as EntryName[];
const SETUP_KEYS = new Set([
  ...ENTRY_NAMES,
  'fault_level',
  'eflags_ac',
  'invlpg_first',
  'cpl',
  'pkey',
  'pte_pkey',
]);
const ARGUMENTS = new Set([
  ...ENTRY_NAMES,
  ...ENTRY_NAMES.map((name) => `${name}_P`),
  ...['kind', 'user', 'reserved_bit', 'page'],
]);

/**
 * One access of a guest on its own, under shadow paging and under EPT. The case says what is in
 * the entries; what it does not say allows everything.
 *
 * @throws {Unreadable} If the case says something without a rule.
 */
export function* readLinearAccess(item: ArchitectureCase): Iterable<ObservedAttempt> {
  const { own, rest } = splitFacts(item.setup, SETUP_KEYS);
  refuseOthers(item.args, ARGUMENTS, 'argument');
  const checks = checksOf(item.expect);
  const specFor = () => specOf({ ...item, setup: rest }, false);
  for (const paging of pagingsOf(specFor())) {
    for (const kind of kindsOf(item.args.kind)) {
      const spec = { ...specFor(), paging };
      const user = flagOf(item.args.user ?? 0) || own.cpl === 3;
      const access = { kind, gva: GVA, user, ac: flagOf(own.eflags_ac ?? 0) };
      const { leafLevel, entries } = entriesOf(own, item.args);
      const page = { gva: GVA, gpa: PAGE_GPA, leafLevel, entries, sharedLevel: 0 };
      const entry = mapGuestPage(spec, page, new Map());
      const preparation = [...writtenBefore(spec, access, item.args.page)];
      if (flagOf(own.invlpg_first ?? 0)) {
        preparation.push(commandStep({ kind: 'invlpg', gva: hexOf(GVA) }));
      }
      const steps = [commandStep(accessCommand(access))];
      const observed = [observedStep({ label: `${paging}, ${kind}`, steps, entry }, checks)];
      yield { kind: 'observed', spec, preparation, observed };
    }
  }
}

/** Entries by level, as setup and arguments describe them. */
function entriesOf(setup: Facts, args: Facts): { leafLevel: number; entries: Map<number, bigint> } {
  const { level: faulty, leafLevel } = faultLevelOf(setup.fault_level);
  const entries = new Map<number, bigint>();
  const amend = (level: number, change: (entry: bigint) => bigint) =>
    entries.set(level, change(entries.get(level) ?? defaultEntry(level, leafLevel)));
  for (const facts of [setup, args]) {
    for (const name of ENTRY_NAMES) {
      const level = ENTRY_LEVELS[name];
      const present = facts[`${name}_P`];
      if (facts[name] !== undefined) amend(level, (entry) => describedEntry(entry, facts[name]));
      if (present !== undefined) {
        amend(level, (entry) => withBits(entry, PAGE_BITS.P, flagOf(present)));
      }
    }
  }
  if (args.reserved_bit !== undefined) {
    amend(faulty, (entry) => entry | wordOf(args.reserved_bit));
  }
  if (args.page !== undefined) {
    const { said } = withoutComments(textOf(args.page));
    amend(leafLevel, (entry) => describedEntry(entry, said));
  }
  const key = setup.pkey ?? setup.pte_pkey;
  if (key !== undefined) amend(leafLevel, (entry) => withKey(entry, keyIn(key)));
  return { leafLevel, entries };
}

function keyIn(value: unknown): bigint {
  const key = wordOf(value);
  if (key > 15n) throw new Unreadable(`protection key ${JSON.stringify(value)}`);
  return key;
}

/** `pte`, `pde`, or an entry that maps a large page, as in `pde (2M leaf)`. */
function faultLevelOf(value: unknown): { level: number; leafLevel: number } {
  if (value === undefined) return { level: 1, leafLevel: 1 };
  const [, name = '', leaf] = /^(\w+)(?: \((?:2M|1G) (leaf)\))?$/.exec(textOf(value)) ?? [];
  const level = ENTRY_LEVELS[name as EntryName];
  if (level === undefined) throw new Unreadable(`fault_level ${JSON.stringify(value)}`);
  return { level, leafLevel: leaf === undefined ? 1 : level };
}

/** Comments on a page that say nothing of its state. */
const EXPLANATIONS = new Set(['stack push']);

/**
 * An earlier write from which the shadow entry is to come. It is made with SMAP off, without which
 * it could not happen; then the registers become what the case asks for.
 */
function writtenBefore(spec: MachineSpec, access: Access, page: unknown): readonly MachineStep[] {
  const { comments } = withoutComments(page === undefined ? '' : textOf(page));
  const comment = comments.find((one) => !EXPLANATIONS.has(one));
  if (comment === undefined) return [];
  if (comment !== 'shadow entry was created by the WP=0 write') {
    throw new Unreadable(`page "${comment}"`);
  }
  const { cr0, cr4 } = spec.regs;
  setRegisterBit(spec, 'WP', false);
  setRegisterBit(spec, 'SMAP', false);
  const wp = cr0 & bitMask('cr0', 'WP');
  return [
    commandStep(accessCommand({ ...access, kind: 'write' })),
    { kind: 'change', register: 'cr0', by: 'instruction', set: wp, clear: 0n, toggle: 0n },
    commandStep({ kind: 'mov-cr4', value: hexOf(cr4) }),
  ];
}
