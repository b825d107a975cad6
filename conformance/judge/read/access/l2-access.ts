import { type Access, accessCommand } from '../../attempt/access.js';
import type { ObservedAttempt } from '../../attempt/attempt.js';
import { setControl } from '../../attempt/controls.js';
import { EPTP_VALID } from '../../attempt/guest-memory.js';
import { PAGE_GPA } from '../../attempt/guest-tables.js';
import { hexOf } from '../../attempt/hex.js';
import type { MachineSpec } from '../../attempt/machine-spec.js';
import { commandStep, type MachineStep } from '../../attempt/machine-step.js';
import { OPEN_ENTRY, PAGE_BITS } from '../../attempt/page-bits.js';
import { layPath } from '../../attempt/path.js';
import { Unreadable } from '../../attempt/unreadable.js';
import type { ArchitectureCase } from '../../case.js';
import { checksOf } from '../expectation.js';
import { observedStep } from '../observed.js';
import { refuseOthers, splitFacts, wordOf } from '../reading.js';
import { specOf } from '../setup.js';
import { defaultEptEntry } from './ept-entry.js';
import { l2AccessesOf } from './kinds.js';
import { type L2Tables, TABLE_ARGUMENTS, TABLE_KEYS, tablesOf } from './l2-tables.js';

const EPTP_ACCESSED_DIRTY = 1n << 6n;

/** L2's page tables, at the same addresses in L1's memory; the PTE is in the last of them. */
const L2_TABLES = [0x30000n, 0x31000n, 0x32000n, 0x33000n] as const;
const L2_PTE_PAGE = L2_TABLES[3];

/** EPT tables below the root: those to L2's tables, and those to the page under test. */
const EPT_TABLES = 0x40000n;
const EPT_TABLES_OF_PAGE = 0x50000n;

/** The page that L2 accesses; it has an EPT table of its own at every level below the root. */
const GVA = 0x400000000000n;
const DEFAULT_GPA = 0x8000000000n;
const OWN_TABLES_FROM = 1n << 39n;

/**
 * One access of L2, whose EPT belongs to L1. The case says what is in the tables.
 *
 * @throws {Unreadable} If the case says something without a rule.
 */
export function* readL2Access(item: ArchitectureCase): Iterable<ObservedAttempt> {
  const { own: described, rest } = splitFacts(item.setup, TABLE_KEYS);
  refuseOthers(item.args, TABLE_ARGUMENTS, 'argument');
  const checks = checksOf(item.expect);
  const gpa = finalGpaOf(item.args);
  for (const tables of tablesOf(described, item.args)) {
    for (const { kind, isOfUser, user, label: said } of l2AccessesOf(item.args.kind)) {
      const spec = specOf({ ...item, setup: rest }, false);
      const access = { kind, gva: GVA | (gpa & 0xfffn), user, ac: false };
      const guestPte = tables.guestPte | (isOfUser ? PAGE_BITS.U : 0n);
      const own = { ...tables, guestPte };
      const { entry, preparation } = layTables(spec, { tables: own, gpa, access });
      const label = [tables.label, said].filter((part) => part !== '').join(', ');
      const steps = [commandStep(accessCommand(access))];
      const observed = [observedStep({ label, steps, entry }, checks)];
      yield { kind: 'observed', spec, preparation, observed };
    }
  }
}

/** `gpa` itself, or `gva` by what it maps. */
function finalGpaOf({ gpa, gva }: ArchitectureCase['args']): bigint {
  const [, mapped] = /^maps GPA (0x[0-9a-f]+)$/.exec(String(gva)) ?? [];
  if (gva !== undefined && mapped === undefined) throw new Unreadable(`gva "${gva}"`);
  const final = wordOf(mapped ?? gpa ?? hexOf(DEFAULT_GPA));
  if (final < OWN_TABLES_FROM) throw new Unreadable(`gpa ${hexOf(final)} beside L2's tables`);
  return final;
}

interface L2Case {
  readonly tables: L2Tables;
  readonly gpa: bigint;
  readonly access: Access;
}

/**
 * Puts the tables into memory. Where the case says INVEPT, L2 runs on entries that allow everything
 * first, and those of the case are put in place afterwards.
 *
 * @returns Where L2's PTE lies, and what happens before the access.
 */
function layTables(
  spec: MachineSpec,
  { tables, gpa, access }: L2Case,
): { entry: bigint; preparation: readonly MachineStep[] } {
  const eptp = EPTP_VALID | (tables.accessedDirty ? EPTP_ACCESSED_DIRTY : 0n);
  spec.vmx = 'non-root';
  spec.vmcs.set('EPT_POINTER', eptp);
  setControl(spec, 'ept', true);
  if (tables.isModeBased) setControl(spec, 'mbec', true);
  mapL1(spec);
  const entry = mapL2(spec, tables, gpa);
  const places = layEpt(spec, tables, gpa);
  if (tables.invept === null) return { entry, preparation: [] };

  const changed = new Map<bigint, bigint>();
  for (const [level, place] of places) {
    const wanted = spec.memory.get(place) ?? 0n;
    const used = wanted - flagsAt(tables, level) + openEntry(tables, level);
    if (used === wanted) continue;
    changed.set(place, wanted);
    spec.memory.set(place, used);
  }
  return { entry, preparation: changeEntries(changed, { access, eptp, type: tables.invept }) };
}

/**
 * L2 uses the tables as they are, as far as its own page tables let it; then L1 changes them, says so by
 * INVEPT, and resumes L2.
 */
function changeEntries(
  changed: ReadonlyMap<bigint, bigint>,
  { access, eptp, type }: { access: Access; eptp: bigint; type: number },
): readonly MachineStep[] {
  return [
    commandStep(accessCommand(access), { kind: 'anyhow' }),
    commandStep({ kind: 'vmexit' }, { kind: 'exit' }),
    ...[...changed].map(([place, value]) =>
      commandStep({ kind: 'write', gva: hexOf(place), value: hexOf(value) }),
    ),
    commandStep({ kind: 'invept', type: hexOf(type), eptp: hexOf(eptp) }),
    commandStep({ kind: 'vmresume' }),
  ];
}

/** L1 has its memory mapped one to one, by pages of 1 GiB. */
export function mapL1({ memory, l1 }: MachineSpec): void {
  const pdpt = l1.cr3 + 0x1000n;
  const used = OPEN_ENTRY | PAGE_BITS.A | PAGE_BITS.D;
  memory.set(l1.cr3, pdpt | used);
  for (let i = 0n; i < 4n; i += 1n) memory.set(pdpt + 8n * i, (i << 30n) | used | PAGE_BITS.PS);
}

/** @returns Where L2's PTE lies. */
function mapL2(spec: MachineSpec, { guestPte }: L2Tables, gpa: bigint): bigint {
  const used = OPEN_ENTRY | PAGE_BITS.A;
  spec.regs.cr3 = L2_TABLES[0];
  const places = layPath(spec.memory, {
    root: L2_TABLES[0],
    levels: 4,
    leafLevel: 1,
    address: GVA,
    page: gpa & ~0xfffn,
    tableAt: (level) => L2_TABLES[4 - level] as bigint,
    flagsAt: (level) => (level === 1 ? guestPte : used),
  });
  return places.get(1) as bigint;
}

/** @returns Where the entries on the way to the page under test lie, by level. */
function layEpt(
  { memory }: MachineSpec,
  tables: L2Tables,
  gpa: bigint,
): ReadonlyMap<number, bigint> {
  const common = { root: EPTP_VALID & ~0xfffn, levels: 4 };
  for (const table of L2_TABLES) {
    layPath(memory, {
      ...common,
      leafLevel: 1,
      address: table,
      page: table,
      tableAt: (level) => EPT_TABLES + BigInt(level) * 0x1000n,
      flagsAt: (level) =>
        level === 1 && table === L2_PTE_PAGE
          ? tables.tableEntry
          : defaultEptEntry(level, 1) | tables.addedRights,
    });
  }
  return layPath(memory, {
    ...common,
    leafLevel: tables.leafLevel,
    address: gpa,
    page: PAGE_GPA,
    tableAt: (level) => EPT_TABLES_OF_PAGE + BigInt(level) * 0x1000n,
    flagsAt: (level) => flagsAt(tables, level),
  });
}

function flagsAt(tables: L2Tables, level: number): bigint {
  return tables.entries.get(level) ?? openEntry(tables, level);
}

function openEntry({ leafLevel, addedRights }: L2Tables, level: number): bigint {
  return defaultEptEntry(level, leafLevel) | addedRights;
}
