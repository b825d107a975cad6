import { OPEN_ENTRY, PAGE_BITS } from '../../attempt/page-bits.js';
import { Unreadable } from '../../attempt/unreadable.js';
import type { ArchitectureCase } from '../../case.js';
import { flagOf, textOf, wordOf } from '../reading.js';
import {
  defaultEptEntry,
  EPT_RIGHTS,
  EPT_USER_EXEC,
  withMemoryType,
  withRights,
} from './ept-entry.js';
import { describedEntry, withUse } from './page-entry.js';

type Facts = ArchitectureCase['setup'];

/** Entries of L1's EPT and L2's page tables on the way to the page that L2 accesses. */
export interface L2Tables {
  /** Difference from the other tables of the case; empty if there are no others. */
  readonly label: string;
  /** Level of the EPT entry that maps the page: 1, or more for a large page. */
  readonly leafLevel: number;
  /** EPT entries by level, without address, that are not as {@link defaultEptEntry} has them. */
  readonly entries: ReadonlyMap<number, bigint>;
  /** The EPT entry of the page that holds L2's PTE, likewise. */
  readonly tableEntry: bigint;
  /** L2's PTE, without address. */
  readonly guestPte: bigint;
  /** EPTP bit 6. */
  readonly accessedDirty: boolean;
  /** Mode-based execute control for EPT. */
  readonly isModeBased: boolean;
  /** Rights that entries add to {@link defaultEptEntry} where nothing is said of them. */
  readonly addedRights: bigint;
  /** INVEPT type, if the entries are put in place after L2 has used others. */
  readonly invept: number | null;
}

/** Keys of `setup` that describe the tables, and the arguments that do. */
export const TABLE_KEYS = new Set([
  ...['ept', 'mbec', 've_control', 'guest', 'guest_pte', 'guest_pte_ad', 'invept', 'walk'],
  ...['level', 'large_page', 'entry', 'eptp_ad', 'ept_perm_of_guest_pt_page'],
  ...['exec', 'exec_user'],
]);
export const TABLE_ARGUMENTS = new Set([
  ...['entry_level', 'large_page', 'entry_low_bits', 'perm', 'set_bit', 'memtype_bits_5_3'],
  ...['set_or_clear_bit', 'kind', 'gpa', 'gva'],
]);

/**
 * The tables that a case describes: one set, or one for each level and value that it leaves open.
 *
 * @throws {Unreadable} If it says something without a rule.
 */
export function tablesOf(setup: Facts, args: Facts): readonly L2Tables[] {
  if (flagOf(setup.ve_control ?? 0)) throw new Unreadable('setup ve_control 1');
  const isModeBased = flagOf(setup.mbec ?? 0);
  refuseOtherModes(setup);
  const leafLevel = leafLevelOf(setup, args);
  const rest = {
    leafLevel,
    tableEntry: tableEntryOf(setup),
    guestPte: guestPteOf(setup),
    accessedDirty: flagOf(setup.eptp_ad ?? 0),
    isModeBased,
    addedRights: isModeBased && !saysRwxAlone(setup) ? EPT_USER_EXEC : 0n,
    invept: inveptOf(setup.invept),
  };
  const common = entriesInWords(setup, leafLevel);
  const levels = levelsOf(args.entry_level ?? setup.level, leafLevel);
  return levels.flatMap((level) =>
    variantsOf(entryOf(setup, args, { level, leafLevel }), args).map(({ entry, label }) => ({
      ...rest,
      label: levels.length === 1 ? label : `level ${level}${label}`,
      entries: new Map([...common, ...(entry === null ? [] : [[level, entry] as const])]),
    })),
  );
}

/** Meanings of `exec` and `exec_user`, where a case gives them. */
const MODES = {
  exec: 'supervisor-mode linear address (guest PTE U=0)',
  exec_user: 'user-mode linear address (guest PTE U=1)',
} as const;

function refuseOtherModes(setup: Facts): void {
  for (const [kind, words] of Object.entries(MODES)) {
    const said = setup[kind] ?? words;
    if (said !== words) throw new Unreadable(`${kind} "${said}"`);
  }
}

/** Levels of large pages by their sizes. */
const LARGE_LEVELS: Readonly<Record<string, number>> = { '2M': 2, '1G': 3 };

function leafLevelOf(setup: Facts, args: Facts): number {
  const forced = /^(2M|1G) page forced via EPT level [23]$/.exec(String(setup.guest ?? ''));
  if (setup.guest !== undefined && forced === null) throw new Unreadable(`guest "${setup.guest}"`);
  const size = forced?.[1] ?? /^(2M|1G) /.exec(String(setup.entry ?? ''))?.[1];
  if (size !== undefined) return LARGE_LEVELS[size] ?? 1;
  if (!flagOf(args.large_page ?? setup.large_page ?? 0)) return 1;
  return Number(wordOf(args.entry_level ?? setup.level));
}

/** One level, or several, as in `1,2,3,4`; without a word about it, the one that maps the page. */
function levelsOf(value: unknown, leafLevel: number): readonly number[] {
  if (value === undefined) return [leafLevel];
  const levels = typeof value === 'string' ? value.split(',').map(Number) : [value];
  for (const level of levels) {
    if (typeof level !== 'number' || !(level >= 1 && level <= 4)) {
      throw new Unreadable(`level ${JSON.stringify(value)}`);
    }
  }
  return levels as number[];
}

/** The entry that the case is about; null if it is as the others are. */
function entryOf(
  setup: Facts,
  args: Facts,
  { level, leafLevel }: { level: number; leafLevel: number },
): bigint | null {
  let entry: bigint | null = null;
  const amend = (change: (before: bigint) => bigint) => {
    entry = change(entry ?? defaultEptEntry(level, leafLevel));
  };
  if (setup.entry !== undefined) {
    const rights = textOf(setup.entry).replace(/^(?:2M|1G) /, '');
    amend((before) => withRights(before, rights));
  }
  if (args.perm !== undefined) amend((before) => withRights(before, textOf(args.perm)));
  if (args.entry_low_bits !== undefined) {
    const bits = wordOf(args.entry_low_bits);
    if (entry !== null && (entry & EPT_RIGHTS) !== (bits & EPT_RIGHTS)) {
      throw new Unreadable(`perm "${args.perm}" with the bits ${args.entry_low_bits}`);
    }
    entry = bits;
  }
  if (args.memtype_bits_5_3 !== undefined) {
    amend((before) => withMemoryType(before, wordOf(args.memtype_bits_5_3)));
  }
  if (args.set_bit !== undefined) amend((before) => before | wordOf(args.set_bit));
  if (args.set_or_clear_bit !== undefined) amend((before) => before);
  return entry;
}

/** A bit that may be set or clear makes two entries; both must do. */
function variantsOf(
  entry: bigint | null,
  { set_or_clear_bit: either }: Facts,
): readonly { entry: bigint | null; label: string }[] {
  if (entry === null || either === undefined) return [{ entry, label: '' }];
  const bit = wordOf(either);
  return [
    { entry: entry | bit, label: ', set' },
    { entry: entry & ~bit, label: ', clear' },
  ];
}

/** `level-4 r--, level-1 misconfigured`, and what is said of the final page. */
function entriesInWords({ walk, ept }: Facts, leafLevel: number): Map<number, bigint> {
  const entries = new Map<number, bigint>();
  for (const clause of clausesOf(walk)) {
    const [, level, rights] = /^level-([1-4]) (.+)$/.exec(clause) ?? [];
    if (level === undefined || rights === undefined) throw new Unreadable(`walk "${clause}"`);
    entries.set(Number(level), withRights(defaultEptEntry(Number(level), leafLevel), rights));
  }
  for (const clause of clausesOf(ept)) {
    const [, rights] = /^final GPA (.+)$/.exec(clause) ?? [];
    if (rights !== undefined) {
      entries.set(leafLevel, withRights(defaultEptEntry(leafLevel, leafLevel), rights));
    } else if (!KNOWN_EPT.has(clause) && tablePageIn(clause) === null) {
      throw new Unreadable(`ept "${clause}"`);
    }
  }
  return entries;
}

/** Clauses that hold of the tables anyway. */
const KNOWN_EPT = new Set(['4-level', 'other levels rwx', 'other levels rwx+XU']);

function saysRwxAlone({ ept }: Facts): boolean {
  return clausesOf(ept).includes('other levels rwx');
}

function tablePageIn(clause: string): string | null {
  return /^page holding the PTE (.+)$/.exec(clause)?.[1] ?? null;
}

function tableEntryOf({ ept, ept_perm_of_guest_pt_page: rights }: Facts): bigint {
  let entry = defaultEptEntry(1, 1);
  for (const clause of clausesOf(ept)) {
    const said = tablePageIn(clause);
    if (said !== null) entry = withRights(entry, said);
  }
  return rights === undefined ? entry : withRights(entry, textOf(rights));
}

/** A page of the supervisor that has been written, unless the case says otherwise. */
function guestPteOf({ guest_pte: words, guest_pte_ad: use }: Facts): bigint {
  const used = (OPEN_ENTRY & ~PAGE_BITS.U) | PAGE_BITS.A | PAGE_BITS.D;
  const said = words === undefined ? used : describedEntry(used, entryWords(textOf(words)));
  return use === undefined ? said : withUse(said, textOf(use));
}

/** CR0.WP is set where a case does not say otherwise, so that this much may stand beside a PTE. */
function entryWords(text: string): string {
  return text.replace(/ \(WP=1\)$/, '');
}

function inveptOf(value: unknown): number | null {
  if (value === undefined) return null;
  const type = ['single-context after the change', 'all-context after the change'].indexOf(
    textOf(value),
  );
  if (type === -1) throw new Unreadable(`invept "${value}"`);
  return type + 1;
}

function clausesOf(value: unknown): readonly string[] {
  return value === undefined ? [] : textOf(value).split(/[,;] ?/);
}
