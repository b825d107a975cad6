import { crc32c } from './checksum.js';

/** Kinds of records, by their numbers in a file: never change one. */
export const LOG_KINDS = {
  made: 1,
  ran: 2,
  rewound: 3,
  failed: 4,
  relabelled: 5,
  snapshots: 6,
} as const;
export type LogKind = keyof typeof LOG_KINDS;

/** One record of a VM's log. */
export interface LogRecord {
  readonly kind: LogKind;
  /** The newest sequence number of the VM behind it. */
  readonly seq: number;
  /** Names the write, so that its writer knows it again: at most 255 bytes of UTF-8. */
  readonly identity: string;
  /** Version of the rules under which the VM went on. */
  readonly rules: number;
  /** Version of the form in which commands are packed. */
  readonly packing: number;
  readonly body: Uint8Array;
}

/** The bytes are no record: they were cut short, or changed since they were written. */
export class BadRecord extends Error {
  override readonly name = 'BadRecord';
}

const NAMES: ReadonlyMap<number, LogKind> = new Map(
  Object.entries(LOG_KINDS).map(([name, number]) => [number, name as LogKind]),
);

/** Checksum, form, kind, rules and packing, seq, length of the identity. */
const HEADER_BYTES = 4 + 1 + 1 + 2 + 2 + 8 + 1;
const FORM = 1;

/** A record as bytes: whole, and with a checksum over everything behind it. */
export function encodeRecord(record: LogRecord): Uint8Array {
  const identity = new TextEncoder().encode(record.identity);
  const bytes = new Uint8Array(HEADER_BYTES + identity.length + record.body.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(4, FORM);
  view.setUint8(5, LOG_KINDS[record.kind]);
  view.setUint16(6, record.rules, true);
  view.setUint16(8, record.packing, true);
  view.setFloat64(10, record.seq, true);
  view.setUint8(18, identity.length);
  bytes.set(identity, HEADER_BYTES);
  bytes.set(record.body, HEADER_BYTES + identity.length);
  view.setUint32(0, crc32c(bytes.subarray(4)), true);
  return bytes;
}

/**
 * The inverse of {@link encodeRecord}. The body shares the memory of the bytes.
 *
 * @throws {BadRecord} If the bytes are no record.
 */
export function decodeRecord(bytes: Uint8Array): LogRecord {
  if (bytes.length < HEADER_BYTES) throw new BadRecord(`it has ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== crc32c(bytes.subarray(4))) {
    throw new BadRecord('its checksum is wrong');
  }
  const form = view.getUint8(4);
  const kind = NAMES.get(view.getUint8(5));
  if (form !== FORM || kind === undefined) {
    throw new BadRecord(`it has form ${form} and kind ${view.getUint8(5)}, which are unknown`);
  }
  const begin = HEADER_BYTES + view.getUint8(18);
  return {
    kind,
    seq: view.getFloat64(10, true),
    identity: new TextDecoder().decode(bytes.subarray(HEADER_BYTES, begin)),
    rules: view.getUint16(6, true),
    packing: view.getUint16(8, true),
    body: plain(bytes, begin),
  };
}

/** Bytes under a checksum of their own: a checkpoint, or a kept value. */
export function seal(body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + body.length);
  bytes.set(body, 4);
  new DataView(bytes.buffer).setUint32(0, crc32c(body), true);
  return bytes;
}

/** The inverse of {@link seal}. @throws {BadRecord} If the bytes were changed. */
export function unseal(bytes: Uint8Array): Uint8Array {
  const body = plain(bytes, Math.min(4, bytes.length));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 4 || view.getUint32(0, true) !== crc32c(body)) {
    throw new BadRecord('its checksum is wrong');
  }
  return body;
}

/** The bytes behind an offset, of no class but `Uint8Array`. */
function plain({ buffer, byteOffset, length }: Uint8Array, from: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset + from, length - from);
}
