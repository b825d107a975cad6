import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { ZSTD } from '../server/http/zstd.js';
import { unpacked } from '../server/wire/unpack.js';
import { STANDARD_INPUT } from './input.js';
import type { Terminal } from './terminal.js';
import { UnusableFile } from './wrong-use.js';

/** Bytes that are read at once. */
const CHUNK_BYTES = 2 ** 18;

/**
 * The bytes of a trace, unpacked if it is packed by gzip or zstd. A file that breaks off gives what
 * it has.
 *
 * @param broken Is told why a packed file ended before its end.
 * @throws {UnusableFile} If it cannot be read at all.
 */
export function bytesOf(
  file: string,
  { stdin }: Terminal,
  broken: (why: string) => void,
): AsyncGenerator<Buffer> {
  const stream =
    file === STANDARD_INPUT ? stdin : createReadStream(file, { highWaterMark: CHUNK_BYTES });
  return unpacked(chunksOf(stream, file), ZSTD, broken);
}

async function* chunksOf(stream: Readable, file: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream) yield Buffer.from(chunk);
  } catch (error) {
    throw new UnusableFile(file, error);
  }
}
