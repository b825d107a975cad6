import {
  type DatHead,
  OPTION_BUFFER,
  takeComms,
  takeEventFormats,
  takeFtraceFormats,
  takeHeaderInfo,
  takeOption,
  unpack,
} from './head.js';
import { type ByteSource, Cursor, DatFlaw, type Decompressors } from './source.js';

const SECTION_HEAD = 16;
const IS_PACKED = 1;
const OPTION_DONE = 0;
const HEADER_INFO = 16;
const FTRACE_EVENTS = 17;
const EVENT_FORMATS = 18;
const CMDLINES = 21;
const USED = [HEADER_INFO, FTRACE_EVENTS, EVENT_FORMATS, CMDLINES];
/** Sections of options that follow each other at most. */
const OPTION_SECTIONS_MAX = 1024;

/**
 * Reads the rest of a head of version 7: options name the sections.
 *
 * @see trace-cmd.dat.v7(5)
 */
export function readV7(
  source: ByteSource,
  head: DatHead,
  { options, decompressors }: { options: number; decompressors: Decompressors },
): void {
  const sections: { id: number; offset: number }[] = [];
  let at = options;
  for (let count = 0; at !== 0 && count < OPTION_SECTIONS_MAX; count += 1) {
    at = takeOptions(source, head, { at, decompressors, sections });
  }
  for (const { id, offset } of sections) {
    // Symbols of a kernel are ten megabytes, and nothing here is named by them.
    if (!USED.includes(id)) continue;
    const bytes = sectionAt(source, head, offset, decompressors);
    const cursor = new Cursor(bytes, head.isLittle);
    if (id === HEADER_INFO) takeHeaderInfo(head, cursor);
    else if (id === FTRACE_EVENTS) takeFtraceFormats(head, cursor);
    else if (id === EVENT_FORMATS) takeEventFormats(head, cursor);
    else if (id === CMDLINES) takeComms(head, cursor.bytes(cursor.u64()));
  }
}

/** @returns Where the next section of options is; 0 after the last. */
function takeOptions(
  source: ByteSource,
  head: DatHead,
  of: {
    readonly at: number;
    readonly decompressors: Decompressors;
    readonly sections: { id: number; offset: number }[];
  },
): number {
  const bytes = sectionAt(source, head, of.at, of.decompressors);
  const cursor = new Cursor(bytes, head.isLittle);
  for (;;) {
    const id = cursor.u16();
    const option = new Cursor(cursor.bytes(cursor.u32()), head.isLittle);
    if (id === OPTION_DONE) return option.u64();
    if (id >= HEADER_INFO && id <= CMDLINES) of.sections.push({ id, offset: option.u64() });
    else if (id === OPTION_BUFFER) takeBuffer(source, head, option);
    else takeOption(head, id, option.bytes(option.left));
  }
}

function takeBuffer(source: ByteSource, head: DatHead, option: Cursor): void {
  const section = option.u64();
  const buffer = option.string();
  head.clock = option.string() || head.clock;
  option.u32();
  const count = option.u32();
  const { flags } = sectionHead(source, head, section);
  for (let index = 0; index < count; index += 1) {
    const [cpu, offset, size] = [option.u32(), option.u64(), option.u64()];
    head.cpus.push({ cpu, buffer, offset, size, isPacked: (flags & IS_PACKED) !== 0 });
  }
}

function sectionHead(source: ByteSource, { isLittle }: DatHead, offset: number) {
  const cursor = new Cursor(source.read(offset, SECTION_HEAD), isLittle);
  cursor.u16();
  const flags = cursor.u16();
  cursor.u32();
  return { flags, size: cursor.u64() };
}

function sectionAt(
  source: ByteSource,
  head: DatHead,
  offset: number,
  decompressors: Decompressors,
): Uint8Array {
  const { flags, size } = sectionHead(source, head, offset);
  const raw = source.read(offset + SECTION_HEAD, size);
  if ((flags & IS_PACKED) === 0) return raw;
  const cursor = new Cursor(raw, head.isLittle);
  const [packed, unpacked] = [cursor.u32(), cursor.u32()];
  if (packed > cursor.left) throw new DatFlaw('it breaks off within a section');
  return unpack(head, decompressors, cursor.bytes(packed), unpacked);
}
