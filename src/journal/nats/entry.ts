import { type Placed, placed, seal, unsealed } from '../log/index.js';

/**
 * A message of a log. Its records are the newest ones up to its position; what earlier messages have
 * at these numbers or above is void. So a message without records cuts a log, or begins it elsewhere.
 */
export interface Entry {
  /** Names the write, so that its writer knows it again. */
  readonly identity: string;
  /** Whether the log ends here, with all that it had. */
  readonly isDeletion: boolean;
  /** Number of the newest record behind it. */
  readonly position: number;
  /** Bytes of all records of the log behind it. */
  readonly bytes: number;
  readonly note: Uint8Array;
  /** Records as they are encoded. */
  readonly records: readonly Uint8Array[];
}

/** A message whose entry is kept elsewhere, because it is too large. */
export interface Elsewhere {
  readonly key: string;
}

const ENTRY = 1;
const ELSEWHERE = 2;

/** Form, kind, length of the identity, position, bytes, length of the note. */
const HEADER_BYTES = 1 + 1 + 1 + 8 + 8 + 4;
const LENGTH_BYTES = 4;

export function encodeEntry(entry: Entry): Uint8Array {
  const { note, records } = entry;
  const identity = new TextEncoder().encode(entry.identity);
  const length = records.reduce((sum, one) => sum + LENGTH_BYTES + one.length, 0);
  const bytes = new Uint8Array(HEADER_BYTES + identity.length + note.length + length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, ENTRY);
  view.setUint8(1, entry.isDeletion ? 1 : 0);
  view.setUint8(2, identity.length);
  view.setFloat64(3, entry.position, true);
  view.setFloat64(11, entry.bytes, true);
  view.setUint32(19, note.length, true);
  bytes.set(identity, HEADER_BYTES);
  bytes.set(note, HEADER_BYTES + identity.length);
  let at = HEADER_BYTES + identity.length + note.length;
  for (const record of records) {
    view.setUint32(at, record.length, true);
    bytes.set(record, at + LENGTH_BYTES);
    at += LENGTH_BYTES + record.length;
  }
  return seal(bytes);
}

export function encodeElsewhere(key: string): Uint8Array {
  return seal(Uint8Array.of(ELSEWHERE, ...new TextEncoder().encode(key)));
}

/** The inverse of both; null if the bytes were changed. */
export function decodeEntry(sealed: Uint8Array): Entry | Elsewhere | null {
  const bytes = unsealed(sealed);
  if (bytes === null || bytes.length < 1) return null;
  if (bytes[0] === ELSEWHERE) return { key: new TextDecoder().decode(bytes.subarray(1)) };
  if (bytes[0] !== ENTRY || bytes.length < HEADER_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const noteAt = HEADER_BYTES + view.getUint8(2);
  const recordsAt = noteAt + view.getUint32(19, true);
  const records: Uint8Array[] = [];
  for (let at = recordsAt; at < bytes.length; ) {
    const begin = at + LENGTH_BYTES;
    at = begin + view.getUint32(at, true);
    records.push(bytes.subarray(begin, at));
  }
  return {
    identity: new TextDecoder().decode(bytes.subarray(HEADER_BYTES, noteAt)),
    isDeletion: view.getUint8(1) === 1,
    position: view.getFloat64(3, true),
    bytes: view.getFloat64(11, true),
    note: bytes.slice(noteAt, recordsAt),
    records,
  };
}

/** The records of an entry, in their places. */
export function placedIn({ position, records }: Entry): Placed[] {
  const first = position - records.length + 1;
  return records.map((bytes, index) => placed(first + index, bytes));
}

/**
 * The records of a log, of its messages in order.
 *
 * @param entries Null for one that is damaged, and lost with as many records as are missing behind it.
 */
export function recordsOf(entries: Iterable<Entry | null>): Placed[] {
  const records = new Map<number, Placed>();
  let last = 0;
  for (const entry of entries) {
    if (entry === null) {
      records.set(last + 1, { position: last + 1, damage: 'its checksum is wrong' });
      last += 1;
      continue;
    }
    const first = entry.isDeletion ? 1 : entry.position - entry.records.length + 1;
    for (let position = first; position <= last; position += 1) records.delete(position);
    for (const one of placedIn(entry)) records.set(one.position, one);
    last = entry.isDeletion ? 0 : entry.position;
  }
  return [...records.values()];
}

/** Bytes of the records in an entry. */
export function bytesOf(entry: Entry | null): number {
  return entry === null ? 0 : entry.records.reduce((sum, { length }) => sum + length, 0);
}

/** Bytes of the records of a log before a number. */
export function bytesBefore(entries: readonly (Entry | null)[], from: number): number {
  const sizes = new Map<number, number>();
  for (const entry of entries) {
    if (entry === null) continue;
    const first = entry.position - entry.records.length + 1;
    for (const position of sizes.keys()) if (position >= first) sizes.delete(position);
    for (const [index, { length }] of entry.records.entries()) sizes.set(first + index, length);
  }
  return [...sizes].reduce((sum, [position, bytes]) => (position < from ? sum + bytes : sum), 0);
}
