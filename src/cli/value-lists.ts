import { WrongUse } from './wrong-use.js';

/** Numbers that an option lists, at most. */
const NUMBERS_MAX = 10_000;

/**
 * Members of a list that an option names, each once; `all` stands for every one.
 *
 * @param refused Begins the refusal: `Cannot race`.
 * @param what Names a member of the list: `policy`.
 * @throws {WrongUse} If one is not known.
 */
export function listOf<T extends string>(
  refused: string,
  what: string,
  text: string,
  known: readonly T[],
): T[] {
  if (text === 'all') return [...known];
  const list = text.split(',').map((name) => {
    const found = known.find((one) => one === name.trim());
    if (found !== undefined) return found;
    throw new WrongUse(`${refused}: no ${what} "${name.trim()}"; there are ${known.join(', ')}`);
  });
  return [...new Set(list)];
}

/**
 * Whole numbers that an option lists, each once: `1,3`, or `1-5` for all from one to the other.
 *
 * @param what Name of the option.
 * @throws {WrongUse} If one is none, is out of range, or there are too many.
 */
export function numbersOf(
  refused: string,
  what: string,
  text: string,
  [min, max]: readonly [min: number, max: number],
): number[] {
  const wrong = (part: string) =>
    new WrongUse(`${refused}: --${what} "${part}" is not from ${min} to ${max}`);
  const numbers = new Set<number>();
  for (const part of text.split(',')) {
    const [, first, last = first] = /^ *(\d{1,10})(?:-(\d{1,10}))? *$/.exec(part) ?? [];
    if (first === undefined) throw wrong(part);
    const [from, to] = [Number(first), Number(last)];
    if (from < min || to > max || from > to) throw wrong(part);
    if (to - from >= NUMBERS_MAX) {
      throw new WrongUse(`${refused}: --${what} "${part}" are more than ${NUMBERS_MAX}`);
    }
    for (let number = from; number <= to; number += 1) numbers.add(number);
  }
  return [...numbers];
}
