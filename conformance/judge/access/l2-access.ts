import type { Bench } from '../bench.js';
import type { ArchitectureCase } from '../case.js';
import { EPTP_VALID } from '../guest-memory.js';
import { type Machine, run } from '../machine.js';
import { prepare } from '../prepare.js';
import { hexOf, refuseOthers, splitFacts, Unreadable, wordOf } from '../reading.js';
import { benchOf } from '../setup.js';
import { setControl } from '../setup-vmcs.js';
import { observe, type Trial } from '../trial.js';
import { type Access, accessCommand, mustRun } from './access-command.js';
import { defaultEptEntry } from './ept-entry.js';
import { PAGE_GPA } from './guest-tables.js';
import { kindsOf } from './kinds.js';
import { type L2Scene, SCENE_ARGUMENTS, SCENE_KEYS, scenesOf } from './l2-scene.js';
import { OPEN_ENTRY, PAGE_BITS } from './page-entry.js';
import { layPath } from './path.js';

const EPTP_ACCESSED_DIRTY = 1n << 6n;

/** Where L2's page tables lie, in its memory and in L1's alike; the PTE is in the last of them. */
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
export function* tryL2Access(item: ArchitectureCase): Iterable<Trial> {
  const { own, rest } = splitFacts(item.setup, SCENE_KEYS);
  refuseOthers(item.args, SCENE_ARGUMENTS, 'argument');
  const gpa = finalGpaOf(item.args);
  for (const scene of scenesOf(own, item.args)) {
    for (const kind of kindsOf(item.args.kind)) {
      const bench = benchOf({ ...item, setup: rest }, false);
      const access = { kind, gva: GVA | (gpa & 0xfffn), user: false, ac: false };
      yield tryAccess(bench, { scene, gpa, access });
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
  readonly scene: L2Scene;
  readonly gpa: bigint;
  readonly access: Access;
}

function tryAccess(bench: Bench, { scene, gpa, access }: L2Case): Trial {
  const eptp = EPTP_VALID | (scene.accessedDirty ? EPTP_ACCESSED_DIRTY : 0n);
  bench.vmx = 'non-root';
  bench.vmcs.set('EPT_POINTER', eptp);
  setControl(bench, 'ept', true);
  mapL1(bench);
  const entry = mapL2(bench, scene, gpa);
  const places = layEpt(bench, scene, gpa);

  const changed = new Map<bigint, bigint>();
  if (scene.invept !== null) {
    for (const [level, place] of places) {
      const wanted = bench.memory.get(place) ?? 0n;
      const used = wanted - flagsAt(scene, level) + defaultEptEntry(level, scene.leafLevel);
      if (used === wanted) continue;
      changed.set(place, wanted);
      bench.memory.set(place, used);
    }
  }
  const machine = prepare(bench);
  if (scene.invept !== null) changeEntries(machine, { access, changed, eptp, type: scene.invept });
  const label = [scene.label, access.kind].filter((part) => part !== '').join(', ');
  return observe(machine, { label, entry }, () => run(machine, accessCommand(access)));
}

/**
 * L2 uses the tables as they are, as far as its own page tables let it; then L1 changes them, says so by
 * INVEPT, and resumes L2.
 */
function changeEntries(
  machine: Machine,
  change: { access: Access; changed: ReadonlyMap<bigint, bigint>; eptp: bigint; type: number },
): void {
  const { access, changed, eptp, type } = change;
  run(machine, accessCommand(access));
  mustRun(machine, { kind: 'vmexit' }, 'vm-exit');
  for (const [place, value] of changed) {
    mustRun(machine, { kind: 'write', gva: hexOf(place), value: hexOf(value) });
  }
  mustRun(machine, { kind: 'invept', type: hexOf(type), eptp: hexOf(eptp) });
  mustRun(machine, { kind: 'vmresume' });
  machine.events.length = 0;
}

/** L1 has its memory mapped one to one, by pages of 1 GiB. */
function mapL1({ memory, l1 }: Bench): void {
  const pdpt = l1.cr3 + 0x1000n;
  const used = OPEN_ENTRY | PAGE_BITS.A | PAGE_BITS.D;
  memory.set(l1.cr3, pdpt | used);
  for (let i = 0n; i < 4n; i += 1n) memory.set(pdpt + 8n * i, (i << 30n) | used | PAGE_BITS.PS);
}

/** @returns Where L2's PTE lies. */
function mapL2(bench: Bench, { guestPte }: L2Scene, gpa: bigint): bigint {
  const used = OPEN_ENTRY | PAGE_BITS.A;
  bench.regs.cr3 = L2_TABLES[0];
  const places = layPath(bench.memory, {
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
function layEpt({ memory }: Bench, scene: L2Scene, gpa: bigint): ReadonlyMap<number, bigint> {
  const common = { root: EPTP_VALID & ~0xfffn, levels: 4 };
  for (const table of L2_TABLES) {
    layPath(memory, {
      ...common,
      leafLevel: 1,
      address: table,
      page: table,
      tableAt: (level) => EPT_TABLES + BigInt(level) * 0x1000n,
      flagsAt: (level) =>
        level === 1 && table === L2_PTE_PAGE ? scene.tableEntry : defaultEptEntry(level, 1),
    });
  }
  return layPath(memory, {
    ...common,
    leafLevel: scene.leafLevel,
    address: gpa,
    page: PAGE_GPA,
    tableAt: (level) => EPT_TABLES_OF_PAGE + BigInt(level) * 0x1000n,
    flagsAt: (level) => flagsAt(scene, level),
  });
}

function flagsAt({ entries, leafLevel }: L2Scene, level: number): bigint {
  return entries.get(level) ?? defaultEptEntry(level, leafLevel);
}
