import { readSync } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Decompressors } from '../../lab/index.js';
import type { Turns } from '../fleet/turns.js';
import type { Limits } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import { decompressorsOf, unpacked, type Zstd } from '../wire/unpack.js';

/** A trace as it was received: unpacked, on disk. */
export interface StoredTrace {
  readonly bytes: number;
  /** Reasons why it ends before its end; empty if it is whole. */
  readonly broken: readonly string[];
  /** Unpack its sections, if it is binary. */
  readonly decompressors: Decompressors;
  /** Reads as many bytes as there are, at any place. */
  read(offset: number, length: number): Uint8Array;
  /** Gives the room back. */
  release(): void;
}

/**
 * Traces on disk: a binary is read at many places, and a job may have to wait for its turn. A file has
 * no name, so that none is left behind however the process ends.
 */
export class TraceStore {
  readonly #limits: Limits;
  readonly #turns: Turns;
  readonly #zstd: Zstd | null;
  #bytes = 0;

  /** @param zstd Unpacks zstd; null if nobody does. */
  constructor(limits: Limits, turns: Turns, zstd: Zstd | null) {
    this.#zstd = zstd;
    this.#limits = limits;
    this.#turns = turns;
  }

  /** Bytes of all traces that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @throws {ApiError} If so many bytes are over the bound of one trace. */
  demandRoom(bytes: number): void {
    const { traceBytes: traceBytesMax } = this.#limits;
    if (bytes <= traceBytesMax) return;
    throw new ApiError(
      'body-too-large',
      `Cannot read trace: it is over the bound of ${traceBytesMax} bytes, traceBytes; record for less time, or run \`mmulab score\``,
    );
  }

  /**
   * Receives a trace, unpacks it if it is packed, and keeps it until it is released.
   *
   * @throws {ApiError} If a bound is met, or the disk takes no more.
   */
  async receive(chunks: AsyncIterable<Buffer>): Promise<StoredTrace> {
    const file = await nameless();
    let bytes = 0;
    const release = () => {
      this.#bytes -= bytes;
      bytes = 0;
      void file.close();
    };
    const broken: string[] = [];
    const work = this.#turns.work();
    try {
      for await (const chunk of this.#unpacked(chunks, broken)) {
        this.demandRoom(bytes + chunk.length);
        this.#demandDisk(chunk.length);
        this.#bytes += chunk.length;
        await write(file, chunk, bytes);
        bytes += chunk.length;
        if (work.isOver()) await work.next();
      }
    } catch (error) {
      release();
      throw error;
    }
    const decompressors = decompressorsOf(this.#zstd);
    return { bytes, broken, decompressors, read: readerOf(file, bytes), release };
  }

  #unpacked(chunks: AsyncIterable<Buffer>, broken: string[]): AsyncGenerator<Buffer> {
    return unpacked(this.#bounded(chunks), this.#zstd, (why) => broken.push(why));
  }

  /** The bytes as they come, packed or not. */
  async *#bounded(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let received = 0;
    for await (const chunk of chunks) {
      received += chunk.length;
      this.demandRoom(received);
      yield chunk;
    }
  }

  #demandDisk(bytes: number): void {
    const { traceStoreBytes: traceStoreBytesMax } = this.#limits;
    if (this.#bytes + bytes <= traceStoreBytesMax) return;
    throw new ApiError(
      'trace-limit-reached',
      `Cannot keep trace: all traces together are over the bound of ${traceStoreBytesMax} bytes, traceStoreBytes; wait for jobs to end`,
    );
  }
}

/** A file that goes when it is closed. */
async function nameless(): Promise<FileHandle> {
  try {
    const folder = await mkdtemp(join(tmpdir(), 'mmulab-trace-'));
    try {
      return await open(join(folder, 'trace'), 'wx+', 0o600);
    } finally {
      await rm(folder, { recursive: true });
    }
  } catch (error) {
    throw noDisk(error);
  }
}

async function write(file: FileHandle, chunk: Buffer, at: number): Promise<void> {
  try {
    await file.write(chunk, 0, chunk.length, at);
  } catch (error) {
    throw noDisk(error);
  }
}

/** The host has no disk for it, or no room. */
function noDisk(error: unknown): ApiError {
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  return new ApiError(
    'trace-limit-reached',
    `Cannot keep trace: the server's folder for temporary files takes no more (${code}); run \`mmulab score\``,
  );
}

function readerOf(file: FileHandle, size: number): StoredTrace['read'] {
  return (offset, length) => {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
    const count = bytes.length === 0 ? 0 : readSync(file.fd, bytes, 0, bytes.length, offset);
    return bytes.subarray(0, count);
  };
}
