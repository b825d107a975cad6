import {
  type DatHead,
  OPTION_BUFFER,
  takeComms,
  takeEventFormats,
  takeFtraceFormats,
  takeHeaderInfo,
  takeOption,
} from './head.js';
import { type ByteSource, Cursor, DatFlaw, textOf } from './source.js';

/** Bytes that the head of a file may take: formats and symbols of a kernel; and a first try. */
const HEAD_MAX = 2 ** 27;
const HEAD_USUAL = 2 ** 20;
/** Growth of what is read, until the head fits. */
const GROWTH = 4;
const SECTION_NAME = 10;

/**
 * Reads the rest of a head of version 6: all parts follow each other, and no size is told before.
 *
 * @see trace-cmd.dat.v6(5)
 */
export function readV6(source: ByteSource, head: DatHead, from: number): void {
  for (let bytes = HEAD_USUAL; ; bytes *= GROWTH) {
    try {
      readParts(source, head, source.read(from, bytes));
      return;
    } catch (error) {
      const isShort = error instanceof DatFlaw && from + bytes < source.size;
      if (!isShort || bytes >= HEAD_MAX) throw error;
      head.cpus.length = 0;
    }
  }
}

function readParts(source: ByteSource, head: DatHead, bytes: Uint8Array): void {
  const cursor = new Cursor(bytes, head.isLittle);
  takeHeaderInfo(head, cursor);
  takeFtraceFormats(head, cursor);
  takeEventFormats(head, cursor);
  cursor.bytes(cursor.u32());
  cursor.bytes(cursor.u32());
  takeComms(head, cursor.bytes(cursor.u64()));
  const cpus = cursor.u32();
  let section = cursor.text(SECTION_NAME);
  const buffers: { offset: number; name: string }[] = [];
  if (section.startsWith('options')) {
    for (let id = cursor.u16(); id !== 0; id = cursor.u16()) {
      const bytes = cursor.bytes(cursor.u32());
      if (id === OPTION_BUFFER) {
        const option = new Cursor(bytes, head.isLittle);
        buffers.push({ offset: option.u64(), name: option.left > 0 ? cStringOf(option) : '' });
      } else takeOption(head, id, bytes);
    }
    section = cursor.text(SECTION_NAME);
  }
  takeFlyrecord(head, cursor, { section, cpus, buffer: '' });
  for (const { offset, name } of buffers) takeBuffer(source, head, { offset, name, cpus });
}

function cStringOf(cursor: Cursor): string {
  return textOf(cursor.bytes(cursor.left)).split('\0')[0] as string;
}

/** A buffer of another tracing instance, somewhere in the file. */
function takeBuffer(
  source: ByteSource,
  head: DatHead,
  { offset, name, cpus }: { offset: number; name: string; cpus: number },
): void {
  const cursor = new Cursor(source.read(offset, BUFFER_HEAD + cpus * CPU_ENTRY), head.isLittle);
  const section = cursor.text(SECTION_NAME);
  takeFlyrecord(head, cursor, { section, cpus, buffer: name });
}

const BUFFER_HEAD = 64;
const CPU_ENTRY = 16;

function takeFlyrecord(
  head: DatHead,
  cursor: Cursor,
  { section, cpus, buffer }: { section: string; cpus: number; buffer: string },
): void {
  if (!section.startsWith('flyrecord')) {
    throw new DatFlaw('it holds the text of a latency tracer, and no records');
  }
  for (let cpu = 0; cpu < cpus; cpu += 1) {
    head.cpus.push({ cpu, buffer, offset: cursor.u64(), size: cursor.u64(), isPacked: false });
  }
}
