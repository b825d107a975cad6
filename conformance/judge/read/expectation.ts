import type { Check, FlushScope } from '../attempt/check.js';
import { PAGE_BITS } from '../attempt/page-bits.js';
import { Unreadable } from '../attempt/unreadable.js';
import type { ArchitectureCase } from '../case.js';
import { textOf, wordOf } from './reading.js';
import { wantedOf, wantedWords } from './wanted.js';

type Facts = ArchitectureCase['expect'];
type Read = (value: unknown, expect: Facts) => readonly Check[];

/** A part of the outcome, which is read with it. */
const PART_OF_OUTCOME: Read = () => [];
const UNJUDGED: Read = () => [];

/** Demands under each key of `expect`. A key without a rule makes the case unreadable. */
const RULES: Readonly<Record<string, Read>> = {
  outcome: (_value, expect) => [
    { kind: 'outcome', wanted: wantedOf(expect), said: wantedWords(expect) },
  ],
  choices: PART_OF_OUTCOME,
  vector: PART_OF_OUTCOME,
  error_code: PART_OF_OUTCOME,
  error: PART_OF_OUTCOME,
  reason: PART_OF_OUTCOME,
  basic: PART_OF_OUTCOME,
  qualification: PART_OF_OUTCOME,
  errno: PART_OF_OUTCOME,
  note: UNJUDGED,
  // An attempt of its own: see `consequencesOf()`.
  side_effect: UNJUDGED,
  flags: (value) => [{ kind: 'flags', set: flagsIn(textOf(value)) }],
  error_field_unchanged: (value) => [{ kind: 'error-field', value: Number(wordOf(value)) }],
  cr0: register('cr0'),
  cr3: register('cr3'),
  cr4: register('cr4'),
  efer: register('efer'),
  pcid: register('pcid'),
  lma: register('LMA'),
  state: (value) => {
    if (value !== 'unchanged') throw new Unreadable(`state ${JSON.stringify(value)}`);
    return [{ kind: 'unchanged' }];
  },
  flush: (value) => flushIn(textOf(value)),
  gpa: (value) => [
    { kind: 'gpa', gpa: value === "GPA of the guest PTE's page" ? null : wordOf(value) },
  ],
  pte_after: (value) => [useIn(textOf(value))],
  guest_pte_after: (value) => [useIn(textOf(value))],
};

/**
 * Reads what a case demands.
 *
 * @throws {Unreadable} If it demands something without a rule.
 */
export function checksOf(expect: Facts): readonly Check[] {
  return Object.entries(expect).flatMap(([key, value]) => {
    const read = Object.hasOwn(RULES, key) ? RULES[key] : undefined;
    if (read === undefined) throw new Unreadable(`expectation ${key}`);
    return read(value, expect);
  });
}

function register(name: Extract<Check, { kind: 'register' }>['register']): Read {
  return (value) => [{ kind: 'register', register: name, value: wordOf(value) }];
}

/** `ZF=1, CF=PF=AF=SF=OF=0`, or `CF=1, others 0`. */
function flagsIn(text: string): readonly string[] {
  const set: string[] = [];
  for (const part of text.split(/, ?/)) {
    const [, names, value] = /^((?:[A-Z]F=)+)([01])$/.exec(part) ?? [];
    if (names === undefined && part !== 'others 0') throw new Unreadable(`flags "${text}"`);
    if (value === '1') set.push(...(names?.match(/[A-Z]F/g) ?? []));
  }
  return set;
}

/** A and D of the entry that maps the page, as `A=1, D=1`: the one that is not named stays. */
function useIn(text: string): Check {
  const bits = { '0': 0n, '1': 0n };
  for (const part of text === 'A/D unchanged' ? [] : text.split(/, ?/)) {
    const [, name, bit] = /^([AD])=([01])$/.exec(part) ?? [];
    if (name === undefined) throw new Unreadable(`use "${part}"`);
    bits[bit === '1' ? '1' : '0'] |= name === 'A' ? PAGE_BITS.A : PAGE_BITS.D;
  }
  return { kind: 'entry', set: bits['1'], clear: bits['0'] };
}

/** Scopes of which one must have been flushed, by a case's first words; null: none need be. */
const OWED: readonly (readonly [RegExp, readonly FlushScope[] | null])[] = [
  [/^(?:none|may flush|nothing)/i, null],
  [/^all incl\. global, all PCIDs/i, ['all', 'guest', 'context']],
  [/^all (?:TLB ?\+ ?PSC|.*) for current PCID/i, ['all', 'guest', 'context', 'current', 'pcid']],
];

function flushIn(text: string): readonly Check[] {
  const owed = OWED.find(([words]) => words.test(text));
  if (owed === undefined) throw new Unreadable(`flush "${text}"`);
  const [, lma] = /LMA becomes ([01])/.exec(text) ?? [];
  const [, scopes] = owed;
  return [
    ...(lma === undefined
      ? []
      : [{ kind: 'register', register: 'LMA', value: BigInt(lma) } as const]),
    ...(scopes === null ? [] : [{ kind: 'flush', scopes, said: text } as const]),
  ];
}
