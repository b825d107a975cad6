/** Entries of a list that an example shows whole. */
const WHOLE_MAX = 3;

/** Entries that it shows of a longer one. */
const SHOWN = 2;

/** Characters of JSON from which on an entry stands for all by itself, such as a lane of a race. */
const LONG_ENTRY = 1000;

/** An answer as an example shows it: the first entries of a long list stand for all. */
export function shortened(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null) return answer;
  if (Array.isArray(answer)) {
    return shownOf(answer).map(shortened);
  }
  return Object.fromEntries(Object.entries(answer).map(([key, part]) => [key, shortened(part)]));
}

function shownOf(list: readonly unknown[]): readonly unknown[] {
  if (list.length > WHOLE_MAX) return list.slice(0, SHOWN);
  return JSON.stringify(list[0] ?? null).length > LONG_ENTRY ? list.slice(0, 1) : list;
}
