import fc, { type Arbitrary } from 'fast-check';

/** Messages that a client may send, that it may not, and that only look allowed. */
const PAYLOADS = [
  ...['{"type":"ping"}', '{"type":"command"}', '', 'null', '[', '\x03\xe8', '\x03\xe8bye', '\x00'],
  ...['\xff\xff', '\x03\xed', '\xc3\x28', 'x'.repeat(126), 'x'.repeat(1025), 'x'.repeat(70_000)],
];

/** Opcodes: continuation, text, binary, two reserved ones, close, ping, pong, one reserved. */
const OPCODES = [0, 1, 1, 1, 2, 3, 7, 8, 9, 9, 10, 11];

/**
 * Frames of a WebSocket, most of them masked as they must be, as Latin-1.
 *
 * @see RFC 6455, "Base Framing Protocol"
 */
export function createFrames(): Arbitrary<string[]> {
  const whole = fc
    .record({
      opcode: fc.constantFrom(...OPCODES),
      payload: fc.constantFrom(...PAYLOADS),
      isFinal: fc.integer({ min: 0, max: 7 }).map((n) => n > 0),
      isMasked: fc.integer({ min: 0, max: 15 }).map((n) => n > 0),
      reserved: fc.integer({ min: 0, max: 31 }).map((n) => (n < 8 ? n : 0)),
      claimed: fc.option(fc.constantFrom(0, 1, 126, 1025, 2 ** 31, 2 ** 53), { freq: 15 }),
    })
    .map(written);
  const junk = fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array));
  const frame = fc.oneof({ weight: 9, arbitrary: whole }, { weight: 1, arbitrary: junk });
  return fc
    .array(frame, { maxLength: 6 })
    .map((frames) => frames.map((bytes) => bytes.toString('latin1')));
}

interface Frame {
  readonly opcode: number;
  readonly payload: string;
  readonly isFinal: boolean;
  readonly isMasked: boolean;
  /** Reserved bits, which no extension uses. */
  readonly reserved: number;
  /** Length in the frame's header; null for the true length. */
  readonly claimed: number | null;
}

function written({ opcode, payload, isFinal, isMasked, reserved, claimed }: Frame): Buffer {
  const first = (isFinal ? 0x80 : 0) | (reserved << 4) | opcode;
  const length = lengthOf(claimed ?? payload.length, isMasked);
  const key = Buffer.from([1, 2, 3, 4]);
  const data = Buffer.from(payload, 'latin1');
  if (!isMasked) return Buffer.concat([Buffer.from([first]), length, data]);
  const masked = data.map((byte, i) => byte ^ (key[i % 4] as number));
  return Buffer.concat([Buffer.from([first]), length, key, masked]);
}

function lengthOf(length: number, isMasked: boolean): Buffer {
  const mask = isMasked ? 0x80 : 0;
  if (length < 126) return Buffer.from([mask | length]);
  if (length < 65_536) return Buffer.from([mask | 126, length >> 8, length & 0xff]);
  const long = Buffer.alloc(9);
  long[0] = mask | 127;
  long.writeBigUInt64BE(BigInt(length), 1);
  return long;
}
