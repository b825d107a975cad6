import { createGunzip, inflateSync } from 'node:zlib';
import type { Decompress, Decompressors } from '../../lab/index.js';

/** Unpacks zstd: no part of Node has it in all versions, and few who use the package need it. */
export interface Zstd {
  readonly block: Decompress;
  /** Begins a stream. Each piece gives what it unpacks to. @throws {Error} If the stream is broken. */
  readonly stream: () => (piece: Uint8Array, isLast: boolean) => Uint8Array[];
}

/** Bytes that are unpacked at once. */
const CHUNK_BYTES = 2 ** 18;
const GZIP = [0x1f, 0x8b];
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];

/** Unpacks sections of a trace.dat, none of which may be longer than it says. */
export function decompressorsOf(zstd: Zstd | null): Decompressors {
  return {
    zlib: (packed, bytes) => inflateSync(packed, { maxOutputLength: Math.max(1, bytes) }),
    zstd: zstd?.block ?? unable,
  };
}

const NO_ZSTD = 'zstd is not unpacked here; unpack it first';

function unable(): never {
  throw new Error(NO_ZSTD);
}

/**
 * Unpacks a stream that is packed by gzip or zstd, as its first bytes tell; any other passes as it
 * is. One that breaks off gives what it has.
 *
 * @param zstd Unpacks zstd; null if nobody does.
 * @param broken Is told why a packed stream ended before its end.
 */
export async function* unpacked(
  chunks: AsyncIterable<Buffer>,
  zstd: Zstd | null,
  broken: (why: string) => void,
): AsyncGenerator<Buffer> {
  const { first, whole } = await begun(chunks[Symbol.asyncIterator]());
  if (begins(first, GZIP)) yield* gunzipped(whole, broken);
  else if (begins(first, ZSTD))
    yield* unzstd(whole, { head: first, push: zstd?.stream() ?? unable }, broken);
  else yield* whole;
}

/** Bytes that tell how a stream is packed, and how much memory that takes. */
const HEAD_BYTES = 18;

/** Reads until the head is there: a stream may come byte by byte. */
async function begun(rest: AsyncIterator<Buffer>) {
  let first: Buffer = Buffer.alloc(0);
  while (first.length < HEAD_BYTES) {
    const { done, value } = await rest.next();
    if (done === true) break;
    first = Buffer.concat([first, value]);
  }
  return { first, whole: again(first, rest) };
}

async function* again(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  yield* { [Symbol.asyncIterator]: () => rest };
}

function begins(bytes: Buffer, magic: readonly number[]): boolean {
  return magic.every((byte, at) => bytes[at] === byte);
}

async function* gunzipped(
  source: AsyncIterable<Buffer>,
  broken: (why: string) => void,
): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  const feeding = feed(source, gunzip);
  // Awaited below; a source that fails ends the stream first.
  feeding.catch((error: Error) => gunzip.destroy(error));
  let failure: Error | null = null;
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } catch (error) {
    failure = error as Error;
  }
  await feeding;
  if (failure !== null) broken(`the gzip stream is broken: ${failure.message}`);
}

/** @throws If the source fails. A stream that breaks takes no more. */
async function feed(
  source: AsyncIterable<Buffer>,
  into: NodeJS.WritableStream & { destroyed?: boolean },
): Promise<void> {
  for await (const chunk of source) {
    if (into.destroyed === true) return;
    if (!into.write(chunk)) {
      await new Promise<void>((done) => {
        into.once('drain', done);
        into.once('close', done);
      });
    }
  }
  into.end();
}

/** Bytes of a zstd frame's window at most: as many as `zstd -d` allows unless told. */
const WINDOW_BYTES_MAX = 2 ** 27;
/** Bytes that are pushed at once: 4 of them may stand for 128 KiB. */
const PUSHED_BYTES = 1024;

async function* unzstd(
  source: AsyncIterable<Buffer>,
  { head, push }: { head: Buffer; push: ReturnType<Zstd['stream']> },
  broken: (why: string) => void,
): AsyncGenerator<Buffer> {
  let failure = windowOf(head) > WINDOW_BYTES_MAX ? 'its window is over 128 MiB' : null;
  const take = (piece: Buffer, isLast: boolean): Uint8Array[] => {
    try {
      return push(piece, isLast);
    } catch (error) {
      failure = (error as Error).message;
      return [];
    }
  };
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length && failure === null; at += PUSHED_BYTES) {
      for (const one of take(chunk.subarray(at, at + PUSHED_BYTES), false)) yield Buffer.from(one);
    }
    if (failure !== null) break;
  }
  if (failure === null) yield* take(Buffer.alloc(0), true).map((one) => Buffer.from(one));
  if (failure !== null) broken(`the zstd stream is broken: ${failure}`);
}

const SINGLE_SEGMENT = 0x20;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES = [1, 2, 4, 8];

/**
 * Bytes of the window of a zstd frame. A frame in a single segment has its whole content as one.
 *
 * @see RFC 8878, "Frame Header"
 */
function windowOf(head: Buffer): number {
  const [, , , , flags = 0, descriptor = 0] = head;
  if ((flags & SINGLE_SEGMENT) === 0) {
    const base = 2 ** (10 + (descriptor >> 3));
    return base + (base / 8) * (descriptor & 7);
  }
  const at = 5 + (DICTIONARY_ID_BYTES[flags & 3] ?? 0);
  const length = CONTENT_SIZE_BYTES[flags >> 6] ?? 0;
  const bytes = [...head.subarray(at, at + length)];
  return bytes.reduce((sum, byte, index) => sum + byte * 2 ** (8 * index), 0);
}
