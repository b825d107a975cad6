import { type Parts, pick, type Spoiler, textOf } from './parts.js';

/** Depth of nesting that fits in the bound of a body and exceeds the stack of a recursion. */
const DEPTH = 200_000;

const NUMBERS = [
  ...['-1', '1e400', '-0', '0.5', '64', '1e15', '9007199254740992', '4294967296', '1E2', '-1e-9'],
];

const HEXES = [
  ...['0x', '0X1', '0x00', '0xG', '1000', `0x${'f'.repeat(17)}`, `0x1${'0'.repeat(4000)}`, '0x-1'],
  ...['0xABC', ' 0x1', '0x1\n', '\u0660x1', ''],
];

/** Ways to turn a JSON body into one that openapi.yaml does not describe. */
export const spoilJson = {
  'wrong type': (parts, { place, junk }) => replaced(parts, place, () => junk),
  'out of range': (parts, { place }) => inText(parts, place, /-?\d+(?:\.\d+)?(?=[,}\]])/g, NUMBERS),
  hex: (parts, { place }) => inText(parts, place, /(?<=")0x[0-9a-f]+(?=")/g, HEXES.map(inString)),
  name: (parts, { place }) =>
    inText(parts, place, /(?<=")[a-z][a-z0-9-]*(?=")/g, ['toString', '__proto__', 'x', '']),
  'unknown field': (parts, { place, junk }) =>
    replaced(parts, place, (value) =>
      isObject(value) ? { ...value, unknown: junk } : { unknown: junk },
    ),
  'missing field': (parts, { place }) => replaced(parts, place, () => undefined),
  'forbidden key': (parts, { place }) => {
    const key = pick(['__proto__', 'constructor'], place);
    return withText(parts, (text) => text.replace('{', `{"${key}":{"prototype":{"a":1}},`));
  },
  'duplicate key': (parts) => withText(parts, (text) => text.replace(/\{("[^"]+":)/, '{$1null,$1')),
  'cut short': (parts, { place }) => withText(parts, (text) => text.slice(0, place % text.length)),
  'trailing bytes': (parts, { place }) =>
    withText(parts, (text) => `${text}${pick(['}', ',', '\0', '[]', '// x', '\ufeff'], place)}`),
  'odd bytes': (parts, { place, junk }) =>
    withText(parts, (text) => {
      const at = place % (text.length + 1);
      return `${text.slice(0, at)}${JSON.stringify(junk).slice(0, 4)}\ud800${text.slice(at)}`;
    }),
  deep: (parts, { place }) => {
    if (place % 8 !== 0) return withText(parts, () => `${'['.repeat(100)}${']'.repeat(100)}`);
    const [open, close] = pick(
      [
        ['[', ']'],
        ['{"a":', '}'],
      ],
      place >>> 3,
    ) as [string, string];
    return withText(parts, () => `${open.repeat(DEPTH)}1${close.repeat(DEPTH)}`);
  },
  'many of it': (parts, { place }) => {
    const times = pick([10, 1001, 10_001], place) as number;
    if (parts.text !== null) return { ...parts, text: parts.text.repeat(Math.min(times, 1001)) };
    return withText(parts, (text) => {
      const item = text.startsWith('[') ? text.slice(1, -1) : text;
      return `[${Array(times).fill(item.slice(0, 300)).join(',')}]`;
    });
  },
} as const satisfies Record<string, Spoiler>;

function withText(parts: Parts, change: (text: string) => string): Parts {
  const text = textOf(parts);
  return text === undefined ? parts : { ...parts, text: change(text) };
}

/** Replaces a text that matches by one of several others. */
function inText(parts: Parts, place: number, which: RegExp, by: readonly string[]): Parts {
  return withText(parts, (text) => {
    const found = pick([...text.matchAll(which)], place);
    if (found === undefined) return text;
    const rest = text.slice(found.index + found[0].length);
    return `${text.slice(0, found.index)}${pick(by, place >>> 5)}${rest}`;
  });
}

function inString(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Changes a value somewhere in the body; undefined removes it. */
function replaced(parts: Parts, place: number, change: (value: unknown) => unknown): Parts {
  if (parts.json === undefined) return parts;
  const count = countOf(parts.json);
  let left = place % count;
  const walk = (value: unknown): unknown => {
    left -= 1;
    if (left === -1) return change(value);
    if (Array.isArray(value)) return value.map(walk);
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item)]));
  };
  const json = walk(parts.json);
  const lines = parts.text === null ? null : linesOf(json);
  return { ...parts, json, text: lines };
}

function linesOf(json: unknown): string {
  if (!Array.isArray(json)) return `${JSON.stringify(json)}\n`;
  return json.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** All values inside a value, and the value itself. */
function countOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, item) => sum + countOf(item), 1);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
