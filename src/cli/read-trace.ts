import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ByteSource,
  type Census,
  countUnread,
  createTextReader,
  DAT_MAGIC,
  DatFlaw,
  datSteps,
  openDat,
  type Take,
} from '../lab/index.js';
import { ZSTD } from '../server/http/zstd.js';
import { decompressorsOf } from '../server/wire/unpack.js';
import { STANDARD_INPUT } from './input.js';
import type { Terminal } from './terminal.js';
import { bytesOf } from './trace-source.js';
import { UnusableFile } from './wrong-use.js';

const DECOMPRESSORS = decompressorsOf(ZSTD);

/** Receiver of a trace: what is counted, and whoever takes its facts. */
interface Receiver {
  readonly census: Census;
  readonly take: Take;
}

/**
 * Reads a trace of any kind: a trace.dat of version 6 or 7, or text; plain, or packed by gzip or
 * zstd; from a file, or from standard input.
 *
 * @throws {UnusableFile} If it cannot be read, or is a trace.dat that is broken in its head.
 */
export async function readTrace(file: string, receiver: Receiver, terminal: Terminal) {
  const { census, take } = receiver;
  const broken = (why: string) => countUnread(census, 'end of a packed file that is broken', why);
  const chunks = bytesOf(file, terminal, broken);
  const first = (await chunks.next()).value;
  if (first === undefined) return;
  if (DAT_MAGIC.every((byte, at) => first[at] === byte)) {
    await readDat(file, { first, chunks }, receiver);
    return;
  }
  const reader = createTextReader(census, take);
  reader.push(first.toString('latin1'));
  for await (const bytes of chunks) reader.push(bytes.toString('latin1'));
  reader.end();
}

/** A trace.dat is read at many places: one that comes as a stream is put into a file first. */
async function readDat(
  file: string,
  { first, chunks }: { first: Buffer; chunks: AsyncIterable<Buffer> },
  receiver: Receiver,
): Promise<void> {
  const plain = file === STANDARD_INPUT ? null : plainDat(file);
  if (plain !== null) {
    try {
      readFrom(plain, file, receiver);
    } finally {
      closeSync(plain);
    }
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'mmulab-trace-'));
  const descriptor = openSync(join(folder, 'trace.dat'), 'w+');
  try {
    writeSync(descriptor, first);
    for await (const bytes of chunks) writeSync(descriptor, bytes);
    readFrom(descriptor, file, receiver);
  } finally {
    closeSync(descriptor);
    rmSync(folder, { recursive: true });
  }
}

/** The file itself, if it is not packed. */
function plainDat(file: string): number | null {
  const descriptor = openSync(file, 'r');
  const magic = Buffer.alloc(DAT_MAGIC.length);
  readSync(descriptor, magic, 0, magic.length, 0);
  if (DAT_MAGIC.every((byte, at) => magic[at] === byte)) return descriptor;
  closeSync(descriptor);
  return null;
}

function readFrom(descriptor: number, file: string, { census, take }: Receiver): void {
  const source = sourceOf(descriptor);
  try {
    const head = openDat(source, DECOMPRESSORS);
    const steps = datSteps(source, head, { decompressors: DECOMPRESSORS, census, take });
    while (steps.next().done !== true);
  } catch (error) {
    if (error instanceof DatFlaw) throw new UnusableFile(file, error);
    throw error;
  }
}

/** Bytes of an open file; as many as it has. */
function sourceOf(descriptor: number): ByteSource {
  const { size } = fstatSync(descriptor);
  return {
    size,
    read(offset, length) {
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
      const count = bytes.length === 0 ? 0 : readSync(descriptor, bytes, 0, bytes.length, offset);
      return bytes.subarray(0, count);
    },
  };
}
