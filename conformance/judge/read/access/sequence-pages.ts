import { defaultEntry, ENTRY_LEVELS, mapGuestPage, PAGE_GPA } from '../../attempt/guest-tables.js';
import { type MachineSpec, setRegisterBit } from '../../attempt/machine-spec.js';
import { bitPlaceOf } from '../../attempt/register-bits.js';
import { Unreadable } from '../../attempt/unreadable.js';
import { textOf, withoutComments } from '../reading.js';
import { describedEntry } from './page-entry.js';

/** A page that a sequence names. */
export interface NamedPage {
  readonly gva: bigint;
  /** Address of the entry that maps it. */
  readonly entry: bigint;
}

/** The tables as far as they have been described. */
interface PageDraft {
  readonly spec: MachineSpec;
  /** Addresses of the pages, by name. */
  readonly pages: ReadonlyMap<string, bigint>;
  /** Entries that were described, by {@link placeOf}. */
  readonly entries: Map<string, bigint>;
  leafLevel: number;
  /** Whether all pages lead to one frame. */
  sharesFrame: boolean;
  /** Level from which down all pages have their tables in common; 0 for none. */
  sharedLevel: number;
}

/** Keys that hold text about the tables; all others name pages. */
const TEXT_KEYS = ['note', 'pte', 'pde'];

/** Levels by Linux's names, beside the manual's. */
const LEVELS: ReadonlyMap<string, number> = new Map([
  ...Object.entries(ENTRY_LEVELS),
  ['pmd', 2],
  ['pud', 3],
]);

/** Frames of different pages lie as far apart as large pages do. */
const FRAME_DISTANCE = 0x200000n;

/**
 * Maps the pages that a sequence names as its texts describe them, and sets the registers that
 * they mention.
 *
 * @param steps In parentheses they may describe tables too, as in `read ptr1 (PMD r/o)`.
 * @throws {Unreadable} If a text says something without a rule.
 */
export function layOutPages(
  spec: MachineSpec,
  setup: Readonly<Record<string, unknown>>,
  steps: readonly string[],
): ReadonlyMap<string, NamedPage> {
  const pages = addressesOf(setup);
  const common = { leafLevel: 1, sharesFrame: false, sharedLevel: 0 };
  const draft: PageDraft = { spec, pages, entries: new Map(), ...common };
  for (const key of TEXT_KEYS) {
    if (setup[key] === undefined) continue;
    for (const clause of textOf(setup[key]).split(/[;,:] ?/)) describe(draft, clause);
  }
  for (const step of steps) describeInComments(draft, step);
  return mapAll(draft);
}

/** `va1`, `ptr2`: an address, or a distance from a page named before, as in `ptr1+0x200000`. */
function addressesOf(setup: Readonly<Record<string, unknown>>): ReadonlyMap<string, bigint> {
  const addresses = new Map<string, bigint>();
  for (const [name, value] of Object.entries(setup)) {
    if (TEXT_KEYS.includes(name)) continue;
    const [, base, hex] = /^(?:([a-z]+\d*)\+)?(0x[0-9a-f]+)$/.exec(textOf(value)) ?? [];
    const from = base === undefined ? 0n : addresses.get(base);
    if (!/^(?:va|ptr)\d*$/.test(name) || hex === undefined || from === undefined) {
      throw new Unreadable(`setup ${name} ${JSON.stringify(value)}`);
    }
    addresses.set(name, from + BigInt(hex));
  }
  if (addresses.size === 0) throw new Unreadable('a sequence that names no page');
  return addresses;
}

type Rule = readonly [RegExp, (draft: PageDraft, found: readonly string[]) => void];

/** Sentences about tables. The first rule that fits is taken. */
const RULES: readonly Rule[] = [
  [/^neighbouring PTEs in one page table$/, checkOneTable],
  [/^(\w+)=([01])(?: so .*)?$/, setBit],
  // Said of the steps, not of the tables.
  [/^NX toggled\b/, () => {}],
  [
    /^both point at the same (PMD|PTE) page$/,
    (draft, [, table = '']) => {
      draft.sharedLevel = levelOf(table);
    },
  ],
  [
    /^(?:both|two) (large )?(PTE|PDE)s (?:(.*) )?to the same frame$/,
    (draft, [, large, level = '', what = '']) => {
      draft.sharesFrame = true;
      if (large !== undefined) draft.leafLevel = levelOf(level);
      amend(draft, draft.pages.values(), { level: levelOf(level), what });
    },
  ],
  [
    /^(PMD|PUD|PDE|PDPTE)([12])(?: is)? (.*)$/,
    (draft, [, level = '', ordinal, what = '']) => {
      const pages = pagesUnder(draft, levelOf(level), Number(ordinal));
      amend(draft, pages, { level: levelOf(level), what });
    },
  ],
  [
    /^((?:va|ptr)\d*)'s (?:large )?(PTE|PDE|PMD|PUD)(?: has| is)? (.*)$/,
    (draft, [, name = '', level = '', what = '']) =>
      amend(draft, [pageOf(draft, name)], { level: levelOf(level), what }),
  ],
  [
    /^(?:supervisor|user)(?: page)?$/,
    (draft, [what = '']) => amend(draft, draft.pages.values(), { level: draft.leafLevel, what }),
  ],
];

function describe(draft: PageDraft, clause: string): void {
  for (const [pattern, apply] of RULES) {
    const found = pattern.exec(clause);
    if (found === null) continue;
    apply(draft, found);
    return;
  }
  throw new Unreadable(`setup "${clause}"`);
}

/** `user read ptr1 (PMD r/o)`: other comments explain, and are not judged. */
function describeInComments(draft: PageDraft, step: string): void {
  const { said, comments } = withoutComments(step);
  for (const comment of comments) {
    const [, level, what = ''] = /^(PMD|PUD|PDE|PTE) (.*)$/.exec(comment) ?? [];
    if (level === undefined) continue;
    const [name = ''] = /\b(?:va|ptr)\d*\b/.exec(said) ?? [];
    amend(draft, [pageOf(draft, name)], { level: levelOf(level), what });
  }
}

/** A bit of a register, or of the entries that map the pages. */
function setBit(draft: PageDraft, [, name = '', value]: readonly string[]): void {
  if (bitPlaceOf(name) !== undefined) {
    setRegisterBit(draft.spec, name, value === '1');
    return;
  }
  amend(draft, draft.pages.values(), { level: draft.leafLevel, what: `${name}=${value}` });
}

function checkOneTable({ pages }: PageDraft): void {
  const tables = new Set([...pages.values()].map((gva) => gva >> 21n));
  if (tables.size !== 1) throw new Unreadable('neighbours in different page tables');
}

/** The pages under the first, or second, of the entries of a level in the order of addresses. */
function pagesUnder({ pages }: PageDraft, level: number, ordinal: number): readonly bigint[] {
  const shift = BigInt(12 + 9 * (level - 1));
  const regions = [...new Set([...pages.values()].map((gva) => gva >> shift))];
  const region = regions.sort((a, b) => (a < b ? -1 : 1))[ordinal - 1];
  return [...pages.values()].filter((gva) => gva >> shift === region);
}

function pageOf({ pages }: PageDraft, name: string): bigint {
  const gva = pages.get(name);
  if (gva === undefined) throw new Unreadable(`page "${name}"`);
  return gva;
}

function levelOf(name: string): number {
  const level = LEVELS.get(name.toLowerCase());
  if (level === undefined) throw new Unreadable(`level "${name}"`);
  return level;
}

function amend(
  draft: PageDraft,
  pages: Iterable<bigint>,
  { level, what }: { level: number; what: string },
): void {
  for (const place of new Set([...pages].map((gva) => placeOf(draft, gva, level)))) {
    const entry = draft.entries.get(place) ?? defaultEntry(level, draft.leafLevel);
    draft.entries.set(place, describedEntry(entry, what));
  }
}

/** The entry of a level that an address goes through, by a key: tables in common have one. */
function placeOf({ sharedLevel }: PageDraft, gva: bigint, level: number): string {
  const width = level <= sharedLevel ? 12 + 9 * sharedLevel : 64;
  return `${level}: ${BigInt.asUintN(width, gva) >> BigInt(12 + 9 * (level - 1))}`;
}

function mapAll(draft: PageDraft): ReadonlyMap<string, NamedPage> {
  const { spec, pages, sharesFrame, leafLevel, sharedLevel } = draft;
  const tables = new Map<string, bigint>();
  const frames = new Map<string, bigint>();
  const mapped = new Map<string, NamedPage>();
  for (const [name, gva] of pages) {
    const leaf = sharesFrame ? '' : placeOf(draft, gva, leafLevel);
    const gpa = frames.get(leaf) ?? PAGE_GPA + BigInt(frames.size) * FRAME_DISTANCE;
    frames.set(leaf, gpa);
    const entries = new Map<number, bigint>();
    for (let level = 5; level >= leafLevel; level -= 1) {
      const entry = draft.entries.get(placeOf(draft, gva, level));
      if (entry !== undefined) entries.set(level, entry);
    }
    const page = { gva, gpa, leafLevel, entries, sharedLevel };
    mapped.set(name, { gva, entry: mapGuestPage(spec, page, tables) });
  }
  return mapped;
}
