/** Entries of a list that an example shows whole. */
const WHOLE_MAX = 3;

/** Entries that it shows of a longer one. */
const SHOWN = 2;

/** An answer as an example shows it: the first entries of a long list stand for all. */
export function shortened(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null) return answer;
  if (Array.isArray(answer)) {
    const shown = answer.length > WHOLE_MAX ? answer.slice(0, SHOWN) : answer;
    return shown.map(shortened);
  }
  return Object.fromEntries(Object.entries(answer).map(([key, part]) => [key, shortened(part)]));
}
