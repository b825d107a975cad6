import type { Bench } from '../bench.js';
import { setRegisterBit } from '../bench.js';
import type { ArchitectureCase } from '../case.js';
import { type Machine, run, stateOf } from '../machine.js';
import { prepare } from '../prepare.js';
import {
  flagOf,
  hexOf,
  refuseOthers,
  splitFacts,
  textOf,
  Unreadable,
  withoutComments,
  wordOf,
} from '../reading.js';
import { bitMask, withBits } from '../register-bits.js';
import { benchOf } from '../setup.js';
import { observe, type Trial } from '../trial.js';
import { type Access, accessCommand, mustRun } from './access-command.js';
import {
  defaultEntry,
  ENTRY_LEVELS,
  type EntryName,
  mapGuestPage,
  PAGE_GPA,
} from './guest-tables.js';
import { kindsOf, pagingsOf } from './kinds.js';
import { describedEntry, PAGE_BITS } from './page-entry.js';

type Facts = ArchitectureCase['args'];

/** A kernel address in the middle of nowhere: who may use it, its entries alone say. */
const GVA = 0xffff923400000000n;

const ENTRY_NAMES = Object.keys(ENTRY_LEVELS) as EntryName[];
const SETUP_KEYS = new Set([...ENTRY_NAMES, 'fault_level', 'eflags_ac', 'invlpg_first', 'cpl']);
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
export function* tryLinearAccess(item: ArchitectureCase): Iterable<Trial> {
  const { own, rest } = splitFacts(item.setup, SETUP_KEYS);
  refuseOthers(item.args, ARGUMENTS, 'argument');
  const benchFor = () => benchOf({ ...item, setup: rest }, false);
  for (const paging of pagingsOf(benchFor())) {
    for (const kind of kindsOf(item.args.kind)) {
      const bench = { ...benchFor(), paging };
      const user = flagOf(item.args.user ?? 0) || own.cpl === 3;
      const access = { kind, gva: GVA, user, ac: flagOf(own.eflags_ac ?? 0) };
      yield tryAccess(bench, { access, setup: own, args: item.args });
    }
  }
}

interface LinearCase {
  readonly access: Access;
  readonly setup: Facts;
  readonly args: Facts;
}

function tryAccess(bench: Bench, { access, setup, args }: LinearCase): Trial {
  const { leafLevel, entries } = entriesOf(setup, args);
  const page = { gva: access.gva, gpa: PAGE_GPA, leafLevel, entries, sharedLevel: 0 };
  const entry = mapGuestPage(bench, page, new Map());
  const machine = startMachine(bench, { access, page: args.page });
  if (flagOf(setup.invlpg_first ?? 0)) {
    mustRun(machine, { kind: 'invlpg', gva: hexOf(access.gva) });
  }
  const label = `${bench.paging}, ${access.kind}`;
  return observe(machine, { label, entry }, () => run(machine, accessCommand(access)));
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
  return { leafLevel, entries };
}

/** `pte`, `pde`, or an entry that maps a large page, as in `pde (2M leaf)`. */
function faultLevelOf(value: unknown): { level: number; leafLevel: number } {
  if (value === undefined) return { level: 1, leafLevel: 1 };
  const [, name = '', leaf] = /^(\w+)(?: \((?:2M|1G) (leaf)\))?$/.exec(textOf(value)) ?? [];
  const level = ENTRY_LEVELS[name as EntryName];
  if (level === undefined) throw new Unreadable(`fault_level ${JSON.stringify(value)}`);
  return { level, leafLevel: leaf === undefined ? 1 : level };
}

/** Comments on a page that say nothing of the case's state. */
const EXPLANATIONS = new Set(['stack push']);

/**
 * The machine just before the access. Where the shadow entry is to come from an earlier write, the
 * write is made with SMAP off: without that it could not happen.
 */
function startMachine(bench: Bench, { access, page }: { access: Access; page: unknown }): Machine {
  const { comments } = withoutComments(page === undefined ? '' : textOf(page));
  const comment = comments.find((one) => !EXPLANATIONS.has(one));
  if (comment === undefined) return prepare(bench);
  if (comment !== 'shadow entry was created by the WP=0 write') {
    throw new Unreadable(`page "${comment}"`);
  }
  const wanted = bench.regs.cr4;
  const wp = (bench.regs.cr0 & bitMask('cr0', 'WP')) !== 0n;
  setRegisterBit(bench, 'WP', false);
  setRegisterBit(bench, 'SMAP', false);
  const machine = prepare(bench);
  mustRun(machine, accessCommand({ ...access, kind: 'write' }));
  const cr0 = withBits(BigInt(stateOf(machine).cr0), bitMask('cr0', 'WP'), wp);
  mustRun(machine, { kind: 'mov-cr0', value: hexOf(cr0) });
  mustRun(machine, { kind: 'mov-cr4', value: hexOf(wanted) });
  return machine;
}
