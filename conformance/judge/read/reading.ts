import { Unreadable } from '../attempt/unreadable.js';

const YES = new Set<unknown>([1, true, 'yes', 'on', '1']);
const NO = new Set<unknown>([0, false, 'no', 'off', '0']);

/** @throws {Unreadable} If the value is neither a yes nor a no. */
export function flagOf(value: unknown): boolean {
  if (YES.has(value)) return true;
  if (NO.has(value)) return false;
  throw new Unreadable(`flag ${JSON.stringify(value)}`);
}

/**
 * A 64-bit value: an integer, or hex that a comment may follow, as in `0x800 (NXE)`.
 *
 * @throws {Unreadable} If it is neither.
 */
export function wordOf(value: unknown): bigint {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return BigInt(value);
  const hex = typeof value === 'string' ? /^(0x[0-9a-f]{1,16})(?: \(.*\))?$/i.exec(value) : null;
  if (hex?.[1] !== undefined) return BigInt(hex[1]);
  throw new Unreadable(`value ${JSON.stringify(value)}`);
}

/** @throws {Unreadable} If the value is not text. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new Unreadable(`text ${JSON.stringify(value)}`);
}

/** A text without what it adds in parentheses after a space, and that: `user (stack push)`. */
export function withoutComments(text: string): { said: string; comments: readonly string[] } {
  const comments = [...text.matchAll(/(?<=^|\s)\(([^)]*)\)/g)].map(([, comment = '']) => comment);
  return { said: text.replace(/(?:^|\s+)\([^)]*\)/g, '').trim(), comments };
}

/**
 * Refuses a key that no rule reads here.
 *
 * @param what Name of such a key in the report, as in `argument moon`.
 * @throws {Unreadable} If there is one beside the given ones.
 */
export function refuseOthers(
  facts: Readonly<Record<string, unknown>>,
  keys: Iterable<string>,
  what: string,
): void {
  const known = new Set(keys);
  const other = Object.keys(facts).find((key) => !known.has(key));
  if (other !== undefined) throw new Unreadable(`${what} ${other}`);
}

/** The facts under the given keys, and all others. */
export function splitFacts(
  facts: Readonly<Record<string, unknown>>,
  keys: ReadonlySet<string>,
): { own: Readonly<Record<string, unknown>>; rest: Readonly<Record<string, unknown>> } {
  const entries = Object.entries(facts);
  return {
    own: Object.fromEntries(entries.filter(([key]) => keys.has(key))),
    rest: Object.fromEntries(entries.filter(([key]) => !keys.has(key))),
  };
}
