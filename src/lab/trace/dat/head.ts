import { type EventFormat, formatOf } from './format.js';
import { type ByteSource, Cursor, DatFlaw, type Decompressors, textOf } from './source.js';

/** The data of one CPU in one buffer. */
export interface CpuData {
  readonly cpu: number;
  /** Name of the tracing instance; empty for the top one. */
  readonly buffer: string;
  readonly offset: number;
  readonly size: number;
  readonly isPacked: boolean;
}

/** The head of a trace.dat. */
export interface DatHead {
  readonly version: number;
  readonly isLittle: boolean;
  readonly pageBytes: number;
  readonly formats: Map<number, EventFormat>;
  /** Comms of tasks, by thread id. */
  readonly comms: Map<number, string>;
  readonly cpus: CpuData[];
  /** Algorithm of packed sections: none, zlib or zstd. */
  readonly packing: string;
  /** Where the head of a page of the ring buffer has its length, and where its records begin. */
  commitBytes: number;
  dataFrom: number;
  clock: string;
  release: string | null;
  /** Conversion of a TSC to nanoseconds, if the file has it. */
  tscToNs: { readonly mult: number; readonly shift: number; readonly offset: number } | null;
}

/** First bytes of every trace.dat. */
export const DAT_MAGIC = [0x17, 0x08, 0x44, 0x74, 0x72, 0x61, 0x63, 0x69, 0x6e, 0x67];
/** Versions that are read. */
export const DAT_VERSIONS = [6, 7] as const;

/** Bytes in which the beginning of a file is looked for. */
const BEGINNING = 4096;

/** The beginning that both versions share. @throws {DatFlaw} */
export function beginningOf(source: ByteSource): { head: DatHead; from: number; options: number } {
  const bytes = source.read(0, BEGINNING);
  if (!DAT_MAGIC.every((byte, at) => bytes[at] === byte)) throw new DatFlaw('it is no trace.dat');
  const plain = new Cursor(bytes, true);
  plain.at = DAT_MAGIC.length;
  const version = Number(plain.string());
  if (version !== 6 && version !== 7) {
    throw new DatFlaw(
      `version ${version} of trace.dat is not read; ${DAT_VERSIONS.join(' and ')} are`,
    );
  }
  const isLittle = plain.u8() === 0;
  const cursor = new Cursor(bytes, isLittle);
  cursor.at = plain.at + 1;
  const pageBytes = cursor.u32();
  let packing = 'none';
  let options = 0;
  if (version === 7) {
    packing = cursor.string();
    cursor.string();
    options = cursor.u64();
  }
  const head: DatHead = {
    ...{ version, isLittle, pageBytes, packing, formats: new Map(), comms: new Map(), cpus: [] },
    ...{ commitBytes: 8, dataFrom: 16, clock: 'local', release: null, tscToNs: null },
  };
  return { head, from: cursor.at, options };
}

/** `header_page` and `header_event`: how a page of the ring buffer begins. */
export function takeHeaderInfo(head: DatHead, cursor: Cursor): void {
  cursor.string();
  const page = cursor.text(cursor.u64());
  const commit = /field: local_t commit;\s*offset:(\d+);\s*size:(\d+);/.exec(page);
  const data = /field: char data;\s*offset:(\d+);/.exec(page);
  if (commit !== null) head.commitBytes = Number(commit[2]);
  if (data !== null) head.dataFrom = Number(data[1]);
  cursor.string();
  cursor.bytes(cursor.u64());
}

export function takeFtraceFormats(head: DatHead, cursor: Cursor): void {
  const count = cursor.u32();
  for (let at = 0; at < count; at += 1) takeFormat(head, cursor);
}

export function takeEventFormats(head: DatHead, cursor: Cursor): void {
  const systems = cursor.u32();
  for (let system = 0; system < systems; system += 1) {
    cursor.string();
    const count = cursor.u32();
    for (let at = 0; at < count; at += 1) takeFormat(head, cursor);
  }
}

function takeFormat({ formats }: DatHead, cursor: Cursor): void {
  const format = formatOf(cursor.text(cursor.u64()));
  if (format !== null) formats.set(format.id, format);
}

/** Lines of `saved_cmdlines`: a thread id and its comm. */
export function takeComms({ comms }: DatHead, bytes: Uint8Array): void {
  for (const line of textOf(bytes).split('\n')) {
    const space = line.indexOf(' ');
    if (space > 0) comms.set(Number(line.slice(0, space)), line.slice(space + 1));
  }
}

/** Options that both versions have. */
export function takeOption(head: DatHead, id: number, bytes: Uint8Array): void {
  if (id === OPTION_UNAME) {
    head.release ??= /\bLinux \S+ (\S+)/.exec(textOf(bytes))?.[1] ?? releaseIn(textOf(bytes));
  } else if (id === OPTION_TRACECLOCK) {
    head.clock = /\[([\w-]+)\]/.exec(textOf(bytes))?.[1] ?? head.clock;
  } else if (id === OPTION_TSC2NSEC && bytes.length >= 16) {
    const cursor = new Cursor(bytes, head.isLittle);
    head.tscToNs = { mult: cursor.u32(), shift: cursor.u32(), offset: cursor.u64() };
  }
}

function releaseIn(uname: string): string | null {
  return /\b\d+\.\d+\.\d+\S*/.exec(uname)?.[0] ?? null;
}

const OPTION_TRACECLOCK = 4;
const OPTION_UNAME = 5;
const OPTION_TSC2NSEC = 14;
export const OPTION_BUFFER = 3;

/** Unpacks by the algorithm of the file. @throws {DatFlaw} If it is not known, or the data is broken. */
export function unpack(
  { packing }: DatHead,
  decompressors: Decompressors,
  packed: Uint8Array,
  bytes: number,
): Uint8Array {
  if (packing !== 'zlib' && packing !== 'zstd') {
    throw new DatFlaw(`sections packed by "${packing}" are not read; zlib and zstd are`);
  }
  if (bytes > UNPACKED_MAX) throw new DatFlaw(`a section of ${bytes} bytes is beyond the bound`);
  try {
    return decompressors[packing](packed, bytes);
  } catch (error) {
    throw new DatFlaw(`a ${packing} section is broken: ${(error as Error).message}`);
  }
}

/** Bytes of an unpacked section at most. */
const UNPACKED_MAX = 2 ** 28;
