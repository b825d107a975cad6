import fc, { type Arbitrary } from 'fast-check';
import { createFrames } from './web-socket-frames.js';

/** Behaviour of a client that breaks HTTP: its bytes, and the way in which it leaves. */
export interface Script {
  /** Kind of the script, for the tally. */
  readonly kind: string;
  /** Texts that are sent one after the other, each in one write, as Latin-1. */
  readonly writes: readonly string[];
  /** `wait` for answers, close our `half`, or `leave` at once. */
  readonly then: 'wait' | 'half' | 'leave';
}

const HOST = 'Host: localhost\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';
const HEALTH = 'GET /healthz HTTP/1.1\r\n';
const CR3 = '{"value":"0x100000"}';
const POST = `POST /v1/vms/slot-0/vcpus/0/mov-cr3 HTTP/1.1\r\n${HOST}${JSON_TYPE}`;
const NDJSON_TYPE = 'Content-Type: application/x-ndjson\r\n';
const LINES = `POST /v1/vms/slot-1/commands HTTP/1.1\r\n${HOST}${NDJSON_TYPE}`;
const LINE = '{"kind":"enter","vcpu":0}\n';
const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
const KEY = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';

/** Requests that are well formed. */
const GOOD = [
  `GET /healthz HTTP/1.1\r\n${HOST}\r\n`,
  `GET /v1/vms/slot-2/events?limit=3 HTTP/1.1\r\n${HOST}\r\n`,
  `HEAD /v1/vms/slot-2 HTTP/1.1\r\n${HOST}\r\n`,
  `GET /v1/vms HTTP/1.0\r\n\r\n`,
  `${POST}Content-Length: ${CR3.length}\r\n\r\n${CR3}`,
  `${POST}Transfer-Encoding: chunked\r\n\r\n${chunk(CR3)}0\r\n\r\n`,
  `${LINES}Transfer-Encoding: chunked\r\n\r\n${chunk(LINE)}${chunk(LINE)}0\r\n\r\n`,
  `POST /v1/vms HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`,
];
const UPGRADES = ['/v1/vms/slot-3/events?after=0', '/v1/events', '/v1/vms', '/v1/vms/none/events'];

const CHUNKS = [
  ...[
    'zz\r\n',
    '-1\r\n',
    'ffffffffffffffffff\r\n',
    '5\r\nab',
    '3;ext="\r\n{}\r\n',
    '\r\n',
    '0\r\n',
  ],
  ...['2\r\n{}XX', '2\n{}\n0\n\n', '0\r\nTrailer: x\r\n\r\n', '1 \r\n{\r\n', '0x2\r\n{}\r\n'],
];
const LENGTHS = [
  ...['Content-Length: -1', 'Content-Length: 1e3', 'Content-Length: 2\r\nContent-Length: 3'],
  ...['Content-Length: 2\r\nTransfer-Encoding: chunked', 'Transfer-Encoding: gzip, chunked'],
  ...['Transfer-Encoding: chunked, chunked', 'Content-Length: 99999999999999999999'],
  ...['Transfer-Encoding : chunked', 'Transfer-Encoding: xchunked', 'Content-Length: 0x2'],
  ...['Content-Length: 4194305', 'Content-Length:', 'Content-Length: 1\r\n 0'],
];
const HEADS = [
  ...['GET /healthz HTTP/9.9', 'GET  /healthz HTTP/1.1', 'get /healthz HTTP/1.1', 'GET /healthz'],
  ...[
    'BREW /healthz HTTP/1.1',
    'CONNECT localhost:1 HTTP/1.1',
    'GET http:// HTTP/1.1',
    'PRI * HTTP/2.0',
  ],
  ...[
    'OPTIONS * HTTP/1.1',
    'GET /%E0%A4%A HTTP/1.1',
    'GET //healthz HTTP/1.1',
    'GET /../ HTTP/1.1',
  ],
  ...['GET http://evil.example/v1/vms HTTP/1.1', 'GET /\u00ff HTTP/1.1', 'GET /healthz HTTP/1.1 x'],
  ...[
    'QUERY /v1/vms HTTP/1.1',
    'SOURCE /v1/vms HTTP/1.1',
    'GET healthz HTTP/1.1',
    'GET ? HTTP/1.1',
  ],
];
const FIELDS = [
  ...[
    'Host: a\r\nHost: b',
    'Host:',
    'Host: localhost:port',
    'X',
    ': x',
    'X : y',
    'X: \0',
    'X: \x7f',
  ],
  ...['Connection: close, Upgrade', 'Upgrade: h2c\r\nConnection: Upgrade', 'Expect: 100-continue'],
  ...['Connection: keep-alive, close', 'Upgrade: websocket', ' folded: x', 'X: \u00e9'],
];

/** Requests that no HTTP library would send. */
export function createScripts(): Arbitrary<Script> {
  const good = fc.constantFrom(...GOOD);
  const row = (maxLength: number) =>
    fc.array(good, { minLength: 2, maxLength }).map((all) => all.join(''));
  const framed = fc
    .tuple(upgrades(), createFrames())
    .map(([upgrade, frames]) => [upgrade, ...frames]);
  const trickle = good.map((text) => text.match(/[\s\S]{1,40}/g) ?? []);
  return fc.oneof(
    script('garbage', fc.array(bytes(200), { minLength: 1, maxLength: 3 })),
    script('flipped bytes', flipped(good).map(alone)),
    script('half a request', cut(good).map(alone), 'leave', 'half'),
    script('request line', oneOf(HEADS.map((head) => `${head}\r\n${HOST}\r\n`))),
    script('header', oneOf(FIELDS.map((field) => `${HEALTH}${HOST}${field}\r\n\r\n`))),
    script('huge header', hugeHeads().map(alone)),
    script('chunking', fc.tuple(fc.constantFrom(POST, LINES), chunks()).map(chunked)),
    script('length', oneOf(LENGTHS.map((length) => `${POST}${length}\r\n\r\n${CR3}`))),
    script('pipeline', row(20).map(alone)),
    script('pipeline, cut', cut(row(9)).map(alone), 'leave', 'half'),
    script('trickle', trickle),
    script('upgrade', flipped(upgrades()).map(alone), 'wait', 'half', 'leave'),
    script('frames', framed, 'wait', 'half', 'leave'),
  );
}

function oneOf(texts: readonly string[]): Arbitrary<readonly string[]> {
  return fc.constantFrom(...texts).map(alone);
}

function script(
  kind: string,
  writes: Arbitrary<readonly string[]>,
  ...ends: Script['then'][]
): Arbitrary<Script> {
  const then = fc.constantFrom<Script['then'][]>(...(ends.length === 0 ? ['wait' as const] : ends));
  return fc.record({ kind: fc.constant(kind), writes, then });
}

function alone(text: string): readonly string[] {
  return [text];
}

function chunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}

function chunked([head, parts]: readonly [string, readonly string[]]): readonly string[] {
  return [`${head}Transfer-Encoding: chunked\r\n\r\n`, ...parts];
}

function chunks(): Arbitrary<readonly string[]> {
  const piece = fc.constantFrom(chunk(LINE), chunk('{'), chunk('\n'), ...CHUNKS);
  return fc.array(piece, { minLength: 1, maxLength: 4 });
}

function bytes(maxLength: number): Arbitrary<string> {
  return fc.uint8Array({ maxLength }).map((array) => Buffer.from(array).toString('latin1'));
}

function cut(texts: Arbitrary<string>): Arbitrary<string> {
  return fc.tuple(texts, fc.nat()).map(([text, at]) => text.slice(0, at % text.length));
}

function flipped(texts: Arbitrary<string>): Arbitrary<string> {
  const flip = fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(0, 9, 10, 13, 32, 58)));
  return fc.tuple(texts, fc.array(flip, { maxLength: 3 })).map(([text, flips]) => {
    const buffer = Buffer.from(text, 'latin1');
    for (const [at, byte] of flips) buffer[at % buffer.length] = byte;
    return buffer.toString('latin1');
  });
}

function upgrades(): Arbitrary<string> {
  return fc
    .constantFrom(...UPGRADES)
    .map((path) => `GET ${path} HTTP/1.1\r\n${HOST}${UPGRADE}${KEY}\r\n`);
}

function hugeHeads(): Arbitrary<string> {
  return fc
    .record({ length: fc.integer({ min: 4000, max: 40_000 }), many: fc.nat(2) })
    .map(({ length, many }) => {
      if (many === 0) return `GET /${'a'.repeat(length)} HTTP/1.1\r\n${HOST}\r\n`;
      if (many === 1) return `GET /healthz HTTP/1.1\r\n${HOST}X: ${'a'.repeat(length)}\r\n\r\n`;
      return `GET /healthz HTTP/1.1\r\n${HOST}${'A: b\r\n'.repeat(length / 6)}\r\n`;
    });
}
