import { PAGE_BITS } from '../../attempt/page-bits.js';
import { Unreadable } from '../../attempt/unreadable.js';

type BitName = keyof typeof PAGE_BITS;

type Change = (entry: bigint, found: RegExpExecArray) => bigint;

/** Phrases about an entry. The first that fits the text's head is taken. */
const PHRASES: readonly (readonly [RegExp, Change])[] = [
  [/^(PS|XD|[PWUADG]) ?= ?([01])\b/, (entry, found) => set(entry, found[1], found[2] === '1')],
  [/^not present\b/i, (entry) => set(entry, 'P', false)],
  [/^present\b/i, (entry) => set(entry, 'P', true)],
  [/^(?:writable|rw|r\/w)\b/i, (entry) => set(entry, 'W', true)],
  [/^(?:read-only|r\/o)\b/i, (entry) => set(entry, 'W', false)],
  [/^user\b/i, (entry) => set(entry, 'U', true)],
  [/^supervisor\b/i, (entry) => set(entry, 'U', false)],
  [/^A\/D set\b/i, (entry) => entry | PAGE_BITS.A | PAGE_BITS.D],
  [/^A\/D clear\b/i, (entry) => entry & ~(PAGE_BITS.A | PAGE_BITS.D)],
  [/^(?:reserved )?bits? (\d+)\b/i, (entry, found) => entry | (1n << BigInt(found[1] ?? 0))],
  [/^(?:XD|NX)\b/, (entry) => set(entry, 'XD', true)],
];

const SEPARATORS = /^(?:[\s,;]|(?:and|with|set|page)\b)+/i;

/**
 * An entry with what a case says of it: bits by name, as in `{"P":1,"W":0}`, or a text such as
 * `present writable user` or `P=0 with reserved bits 51 and XD set`. What is not said stays.
 *
 * @throws {Unreadable} If any part of it is none of the known.
 */
export function describedEntry(entry: bigint, value: unknown): bigint {
  if (typeof value === 'string') return entryInWords(entry, value);
  if (typeof value !== 'object' || value === null) {
    throw new Unreadable(`page-table entry ${JSON.stringify(value)}`);
  }
  let described = entry;
  for (const [name, bit] of Object.entries(value)) {
    if (!(name in PAGE_BITS) || (bit !== 0 && bit !== 1)) {
      throw new Unreadable(`page-table entry ${JSON.stringify(value)}`);
    }
    described = set(described, name, bit === 1);
  }
  return described;
}

/** `A+D`, `A`, `D` or `none`: which of the two an entry has. */
export function withUse(entry: bigint, text: string): bigint {
  const names = text === 'none' ? [] : text.split('+');
  return names.reduce(
    (used, name) => {
      if (name !== 'A' && name !== 'D') throw new Unreadable(`use "${text}"`);
      return set(used, name, true);
    },
    entry & ~(PAGE_BITS.A | PAGE_BITS.D),
  );
}

function entryInWords(entry: bigint, text: string): bigint {
  let described = entry;
  let rest = text.replace(SEPARATORS, '');
  while (rest !== '') {
    const found = firstPhrase(rest);
    if (found === null) throw new Unreadable(`page-table entry "${rest}"`);
    described = found.change(described, found.match);
    rest = rest.slice(found.match[0].length).replace(SEPARATORS, '');
  }
  return described;
}

function firstPhrase(text: string) {
  for (const [pattern, change] of PHRASES) {
    const match = pattern.exec(text);
    if (match !== null) return { change, match };
  }
  return null;
}

function set(entry: bigint, name: string | undefined, on: boolean): bigint {
  const mask = PAGE_BITS[name as BitName];
  return on ? entry | mask : entry & ~mask;
}
