import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { STANDARD_INPUT } from './input.js';
import type { Terminal } from './terminal.js';
import { UnusableFile } from './wrong-use.js';

/** Bytes that are read at once. */
const CHUNK_BYTES = 2 ** 18;
const GZIP = [0x1f, 0x8b];
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];

/**
 * The bytes of a trace, unpacked if it is packed by gzip or zstd. A file that breaks off gives what
 * it has.
 *
 * @param broken Is told why a packed file ended before its end.
 * @throws {UnusableFile} If it cannot be read at all.
 */
export async function* bytesOf(
  file: string,
  { stdin }: Terminal,
  broken: (why: string) => void,
): AsyncGenerator<Buffer> {
  const stream =
    file === STANDARD_INPUT ? stdin : createReadStream(file, { highWaterMark: CHUNK_BYTES });
  const chunks = chunksOf(stream, file);
  const first = (await chunks.next()).value;
  if (first === undefined) return;
  const whole = again(first, chunks);
  if (begins(first, GZIP)) yield* gunzipped(whole, broken);
  else if (begins(first, ZSTD)) yield* unzstd(whole, broken);
  else yield* whole;
}

function begins(bytes: Buffer, magic: readonly number[]): boolean {
  return magic.every((byte, at) => bytes[at] === byte);
}

async function* chunksOf(stream: Readable, file: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream) yield Buffer.from(chunk);
  } catch (error) {
    throw new UnusableFile(file, error);
  }
}

async function* again(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

async function* gunzipped(
  source: AsyncIterable<Buffer>,
  broken: (why: string) => void,
): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  const feeding = feed(source, gunzip);
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } catch (error) {
    broken(`the gzip stream is broken: ${(error as Error).message}`);
  }
  await feeding;
}

async function feed(
  source: AsyncIterable<Buffer>,
  into: NodeJS.WritableStream & { destroyed?: boolean },
) {
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

async function* unzstd(
  source: AsyncIterable<Buffer>,
  broken: (why: string) => void,
): AsyncGenerator<Buffer> {
  const out: Buffer[] = [];
  const decompress = new Decompress((chunk) => out.push(Buffer.from(chunk)));
  try {
    for await (const chunk of source) {
      decompress.push(chunk);
      while (out.length > 0) yield out.shift() as Buffer;
    }
    decompress.push(new Uint8Array(0), true);
  } catch (error) {
    broken(`the zstd stream is broken: ${(error as Error).message}`);
  }
  yield* out;
}
