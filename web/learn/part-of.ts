/**
 * Takes a part out of an answer, as the pages' `partOf` does: names, indexes, `.length`, `.at(N)` and
 * `.map(({ a, b }) => [a, b])` or `({ a, b })`.
 *
 * @throws {Error} If the expression is none of these.
 */
export function partOf(value: unknown, expression: string): unknown {
  let rest = expression;
  let part = value;
  while (rest !== '') {
    const step = STEPS.map(({ pattern, take }) => ({ found: pattern.exec(rest), take })).find(
      ({ found }) => found !== null,
    );
    if (step?.found == null) throw new Error(`Cannot take "${rest}" of an answer`);
    part = step.take(part, step.found);
    rest = rest.slice(step.found[0].length);
  }
  return part;
}

interface Step {
  readonly pattern: RegExp;
  readonly take: (value: unknown, found: RegExpExecArray) => unknown;
}

const STEPS: readonly Step[] = [
  {
    pattern: /^\.map\(\(\{ ([\w, ]+) \}\) => (\[|\(\{ )[\w, ]+(?:\]| \}\))\)/,
    take: (value, [, names = '', open]) =>
      itemsOf(value).map((item) => {
        const keys = names.split(', ');
        const fields = keys.map((key) => [key, fieldOf(item, key)] as const);
        return open === '[' ? fields.map(([, field]) => field) : Object.fromEntries(fields);
      }),
  },
  { pattern: /^\.at\((-?\d+)\)/, take: (value, [, at]) => itemsOf(value).at(Number(at)) },
  { pattern: /^\[(\d+)\]/, take: (value, [, at]) => itemsOf(value)[Number(at)] },
  { pattern: /^\.(\w+)/, take: (value, [, name = '']) => fieldOf(value, name) },
];

function itemsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error('Cannot take an element: the answer has no list there');
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return name in value ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}
