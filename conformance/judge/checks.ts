import type { MmuEvent } from '../../src/mmu/schema/index.js';
import { PAGE_BITS } from './access/page-entry.js';
import type { ArchitectureCase } from './case.js';
import { hexOf, textOf, Unreadable, wordOf } from './reading.js';
import { bitMask, withBits } from './register-bits.js';
import type { Trial } from './trial.js';
import { isWanted, showOutcome, showWanted, toBigint, wantedOf } from './wanted.js';

type Facts = ArchitectureCase['expect'];

/** A difference between what a case expects and what the model did. */
export interface Difference {
  readonly expected: string;
  readonly came: string;
}

type Check = (trial: Trial, value: unknown, expect: Facts) => Difference | null;

const partOfOutcome: Check = () => null;

/** What is judged under each key of `expect`. A key without a rule makes the case unreadable. */
const CHECKS: Readonly<Record<string, Check>> = {
  outcome: ({ outcome }, _value, expect) =>
    wantedOf(expect).some((wanted) => isWanted(wanted, outcome))
      ? null
      : { expected: showWanted(expect), came: showOutcome(outcome) },
  choices: partOfOutcome,
  vector: partOfOutcome,
  error_code: partOfOutcome,
  error: partOfOutcome,
  reason: partOfOutcome,
  basic: partOfOutcome,
  qualification: partOfOutcome,
  errno: partOfOutcome,
  note: () => null,
  // Judged by a case of its own: see `consequencesOf()`.
  side_effect: () => null,
  flags: ({ outcome }, value) => differ('flags', flagsIn(textOf(value)), flagsOf(outcome)),
  error_field_unchanged: ({ errorField }, value) =>
    differ('VM-instruction error', String(value), String(errorField)),
  cr0: ({ after }, value) => differ('cr0', hexOf(wordOf(value)), hexOf(after.cr0)),
  cr4: ({ after }, value) => differ('cr4', hexOf(wordOf(value)), hexOf(after.cr4)),
  efer: ({ after }, value) => differ('efer', hexOf(wordOf(value)), hexOf(after.efer)),
  cr3: ({ after }, value) => differ('cr3', hexOf(wordOf(value)), hexOf(toBigint(after.cr3))),
  pcid: ({ after }, value) => differ('pcid', hexOf(wordOf(value)), hexOf(after.cr3.low)),
  lma: ({ after }, value) => differ('LMA', String(value), lmaOf(after.efer)),
  state: ({ before, after }, value) => {
    if (value !== 'unchanged') throw new Unreadable(`state ${JSON.stringify(value)}`);
    return differ('state', JSON.stringify(before), JSON.stringify(after));
  },
  flush: checkFlush,
  gpa: checkGpa,
  pte_after: checkUse,
  guest_pte_after: checkUse,
  pte_has: ({ entry }, value) => {
    const mask = value === 'A' ? PAGE_BITS.A : PAGE_BITS.D;
    const is = entry !== null && (entry.after & mask) !== 0n;
    return is
      ? null
      : { expected: `${value} set in the PTE`, came: `PTE ${hexOf(entry?.after ?? 0)}` };
  },
};

/**
 * Everything in which the model differs from what the case expects.
 *
 * @throws {Unreadable} If the case expects something without a rule.
 */
export function differencesOf(trial: Trial, expect: Facts): Difference[] {
  const checks = Object.entries(expect).map(([key, value]) => {
    const check = Object.hasOwn(CHECKS, key) ? CHECKS[key] : undefined;
    if (check === undefined) throw new Unreadable(`expectation ${key}`);
    return check(trial, value, expect);
  });
  return checks.filter((difference) => difference !== null);
}

const FLAGS = ['CF', 'PF', 'AF', 'ZF', 'SF', 'OF'] as const;

/** The six flags with which a VMX instruction says how it ended, in one order. */
function showFlags(set: ReadonlySet<string>): string {
  return FLAGS.map((flag) => `${flag}=${set.has(flag) ? 1 : 0}`).join(' ');
}

/** @see Intel SDM Vol. 3C, "Conventions": VMsucceed, VMfailInvalid, VMfailValid */
function flagsOf(outcome: Trial['outcome']): string {
  if (outcome.kind === 'ok') return showFlags(new Set());
  if (outcome.kind !== 'vm-fail') return `none, but ${showOutcome(outcome)}`;
  return showFlags(new Set([outcome.error === null ? 'CF' : 'ZF']));
}

/** `ZF=1, CF=PF=AF=SF=OF=0`, or `CF=1, others 0`. */
function flagsIn(text: string): string {
  const set = new Set<string>();
  for (const part of text.split(/, ?/)) {
    const [, names, value] = /^((?:[A-Z]F=)+)([01])$/.exec(part) ?? [];
    if (names === undefined && part !== 'others 0') throw new Unreadable(`flags "${text}"`);
    if (value === '1') for (const flag of names?.match(/[A-Z]F/g) ?? []) set.add(flag);
  }
  return showFlags(set);
}

function lmaOf(efer: number): string {
  return (BigInt(efer) & bitMask('efer', 'LMA')) === 0n ? '0' : '1';
}

/** Where an EPT exit says that it happened: an address, or anywhere in the page of the entry. */
function checkGpa({ outcome, entry }: Trial, value: unknown): Difference | null {
  const gpa = outcome.kind === 'vm-exit' ? outcome.gpa : undefined;
  const came = gpa === undefined ? 'none' : hexOf(gpa);
  if (value !== "GPA of the guest PTE's page") return differ('gpa', hexOf(wordOf(value)), came);
  if (entry === null) throw new Unreadable('a guest PTE without an access');
  const isThere = gpa !== undefined && BigInt(gpa) >> 12n === entry.place >> 12n;
  return isThere ? null : { expected: `gpa in the page of ${hexOf(entry.place)}`, came };
}

/** A and D of the entry that maps the page, as `A=1, D=1`: the one that is not named stays. */
function checkUse({ entry }: Trial, value: unknown): Difference | null {
  if (entry === null) throw new Unreadable('a PTE without an access');
  let wanted = entry.before;
  if (value !== 'A/D unchanged') {
    for (const part of textOf(value).split(/, ?/)) {
      const [, name, bit] = /^([AD])=([01])$/.exec(part) ?? [];
      if (name === undefined) throw new Unreadable(`use "${part}"`);
      wanted = withBits(wanted, name === 'A' ? PAGE_BITS.A : PAGE_BITS.D, bit === '1');
    }
  }
  return differ('PTE', hexOf(wanted), hexOf(entry.after));
}

type FlushScope = Extract<MmuEvent, { kind: 'tlb-flushed' }>['scope'];

/** What must have been flushed, by a case's first words: any one of the scopes will do. */
const OWED: readonly (readonly [RegExp, readonly FlushScope[] | null])[] = [
  [/^(?:none|may flush|nothing)/i, null],
  [/^all incl\. global, all PCIDs/i, ['all', 'guest', 'context']],
  [/^all (?:TLB ?\+ ?PSC|.*) for current PCID/i, ['all', 'guest', 'context', 'current', 'pcid']],
];

function checkFlush(trial: Trial, value: unknown): Difference | null {
  const text = textOf(value);
  const owed = OWED.find(([words]) => words.test(text));
  if (owed === undefined) throw new Unreadable(`flush "${text}"`);

  const [, lma] = /LMA becomes ([01])/.exec(text) ?? [];
  if (lma !== undefined && lma !== lmaOf(trial.after.efer)) {
    return { expected: `LMA ${lma}`, came: `LMA ${lmaOf(trial.after.efer)}` };
  }
  const [, scopes] = owed;
  const flushed = trial.events.filter((event) => event.kind === 'tlb-flushed');
  if (scopes === null || flushed.some(({ scope }) => scopes.includes(scope))) return null;
  return {
    expected: `flush ${text}`,
    came: `flush ${flushed.map(({ scope }) => scope).join(', ') || 'of nothing'}`,
  };
}

function differ(what: string, expected: string, came: string): Difference | null {
  if (expected === came) return null;
  return { expected: `${what} ${expected}`, came: `${what} ${came}` };
}
