import { pick, type Spoiler, textOf } from './parts.js';
import { spoilJson } from './spoil-json.js';

/** Bytes of a body over the bound. */
const HUGE_BYTES = 5 * 1024 * 1024;

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE', 'PROPFIND'];

const SEGMENTS = [
  ...['%00', '%2f', '%ff', '%zz', '%', '..', '.', '__proto__', 'constructor', '*', ':vm', '{vm}'],
  ...['vm-999999', '-1', '64', '1e3', '0x0', 'x'.repeat(65), 'x'.repeat(2000), '%F0%9F%98%80', ' '],
].map((segment) => segment.replaceAll(' ', '%20'));

const QUERIES = [
  ...['', 'true', '-1', '1.5', '00', 'null', '1e9', '999999999999999999999', 'x'.repeat(3000)],
  ...['%00', '%', 'a,b', ',', '0x', '0xG', 'constructor', '%F0%9F%98%80', '[]', '{}'],
];

const TYPES = [
  ...['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'application/json5'],
  ...['application/json; charset=latin1', 'application/json;', 'APPLICATION/JSON', '', '/', ';'],
  ...['multipart/form-data; boundary=x', 'application/x-ndjson', 'application/problem+json'],
];

const HEADERS: readonly (readonly [string, string])[] = [
  ['idempotency-key', ''],
  ['idempotency-key', 'two words'],
  ['idempotency-key', 'k'.repeat(256)],
  ['idempotency-key', 'caf\u00e9'],
  ['if-match', '7'],
  ['if-match', ''],
  ['if-match', '"'],
  ['if-match', '"7" "8"'],
  ['if-match', `${'"1",'.repeat(1000)}"2"`],
  ['if-match', `"${' '.repeat(3000)}`],
  ['host', 'evil.example'],
  ['host', ''],
  ['host', '[::1'],
  ['origin', 'http://evil.example'],
  ['origin', 'null'],
  ['expect', 'tea'],
  ['expect', '100-continue'],
  ['authorization', 'Bearer x'],
  ['authorization', 'Basic ='],
  ['content-encoding', 'gzip'],
  ['last-event-id', 'nonsense'],
  ['last-event-id', `${'e'.repeat(64)}:1`],
  ['accept', ',,;q=;*'],
  ['x-request-id', '\t{}'],
  ['x-request-id', 'r'.repeat(4000)],
  ['range', 'bytes=0-1'],
  ['prefer', 'wait=1'],
  ['accept-encoding', 'br;q=2'],
];

/** Ways to turn a request into one that openapi.yaml does not describe. */
export const SPOILERS = {
  ...spoilJson,
  method: (parts, { place }) => ({ ...parts, method: pick(METHODS, place) as string }),
  segment: (parts, { place }) => {
    const name = pick(Object.keys(parts.path), place);
    if (name === undefined)
      return {
        ...parts,
        operation: {
          ...parts.operation,
          template: `${parts.operation.template}/${pick(SEGMENTS, place)}`,
        },
      };
    return { ...parts, path: { ...parts.path, [name]: pick(SEGMENTS, place >>> 3) as string } };
  },
  'query value': (parts, { place }) => {
    const known = parts.operation.parameters.filter((parameter) => parameter.in === 'query');
    const name = pick(known, place)?.name ?? 'limit';
    return { ...parts, query: [...parts.query, [name, pick(QUERIES, place >>> 3) as string]] };
  },
  'query name': (parts, { place }) => {
    const name = pick(
      ['', 'unknown', '__proto__', 'after[]', 'a%5Bb%5D', 'Limit'],
      place,
    ) as string;
    return { ...parts, query: [...parts.query, [name, '1']] };
  },
  header: (parts, { place }) => {
    const [name, value] = pick(HEADERS, place) as readonly [string, string];
    return { ...parts, headers: { ...parts.headers, [name]: value } };
  },
  'content type': (parts, { place }) => {
    const headers = { ...parts.headers, 'content-type': pick(TYPES, place) as string };
    return { ...parts, headers, text: parts.text ?? textOf(parts) ?? '{}' };
  },
  'no content type': (parts) => {
    const { 'content-type': _, ...headers } = parts.headers;
    return { ...parts, headers, text: textOf(parts) ?? '{}' };
  },
  'a body where none belongs': (parts, { junk }) => ({
    ...parts,
    headers: { ...parts.headers, 'content-type': 'application/json' },
    text: textOf(parts) ?? JSON.stringify(junk),
  }),
  'no body': (parts) => ({ ...parts, json: undefined, text: null }),
  'huge body': (parts, { place }) => {
    // Seldom, because it costs more than a hundred others.
    if (place % 16 !== 0) return { ...parts, text: ' '.repeat(10_000) };
    return { ...parts, text: `[${'1,'.repeat(HUGE_BYTES / 2)}1]` };
  },
} as const satisfies Record<string, Spoiler>;

export type SpoilName = keyof typeof SPOILERS;
