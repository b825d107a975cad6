import { join } from 'node:path';
import {
  type Append,
  type Appended,
  type Checkpoint,
  encodeRecord,
  type Journal,
  type KeptCheckpoint,
  type KeptValue,
  type LogHead,
  type Placed,
  placed,
  seal,
  unsealed,
} from '../log/index.js';
import { compactFile } from './compact-file.js';
import { type Room, wantOfRoom } from './free-space.js';
import { GroupCommit, unheard } from './group-commit.js';
import type { Head } from './head.js';
import { KnownHeads } from './known-heads.js';
import { LmdbValues } from './lmdb-values.js';
import { LAST, placesIn, type Range } from './places.js';
import { openTables, type Tables } from './tables.js';
import { takeFolder } from './take-folder.js';

/** Name of the file in the folder. */
export const JOURNAL_FILE = 'journal.mdb';

/** Records that are read in one piece. */
const PIECE = 256;

/**
 * Logs in a folder, by LMDB. Each promise of a change resolves when its transaction is on disk.
 * One process has the folder at a time, so that the heads of all logs are known in memory.
 */
export class LmdbJournal implements Journal {
  readonly hasTransactions = true;
  readonly worth = 'on disk: each answer is synced before it is given';
  readonly shared = null;
  readonly #room: Room;
  readonly #records: Tables['records'];
  readonly #checkpoints: Tables['checkpoints'];
  readonly #values: LmdbValues;
  readonly #heads: KnownHeads;
  readonly #commit: GroupCommit;
  readonly #unlock: () => Promise<void>;

  /**
   * Opens the journal of a folder, which is made if it is not there.
   *
   * @param bytesMax Bytes beyond which nothing that takes room is written.
   * @throws {FolderTaken} If another process has the folder.
   * @throws {Error} If `lmdb` is not installed, or the folder cannot be written.
   */
  static async open(folder: string, bytesMax = Number.POSITIVE_INFINITY): Promise<LmdbJournal> {
    const { open } = await import('lmdb');
    const unlock = await takeFolder(folder);
    try {
      const path = join(folder, JOURNAL_FILE);
      return new LmdbJournal({ tables: openTables(open, path), path, bytesMax }, unlock);
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  private constructor(room: Room, unlock: () => Promise<void>) {
    const { root, records, checkpoints, values } = room.tables;
    this.#room = room;
    this.#heads = new KnownHeads(room.tables);
    this.#records = records;
    this.#checkpoints = checkpoints;
    this.#unlock = unlock;
    this.#commit = new GroupCommit({
      commit: (changes) => root.batch(changes),
      refusal: () => wantOfRoom(room),
      onFailure: () => this.#heads.read(),
    });
    this.#values = new LmdbValues(values, this.#commit);
  }

  get bytes(): number {
    return this.#heads.bytes;
  }

  async fresh(): Promise<void> {}

  async list(): Promise<readonly LogHead[]> {
    return this.#heads.list();
  }

  async position(vm: string): Promise<number> {
    return this.#heads.get(vm)?.position ?? 0;
  }

  async begin(vm: string, after: number): Promise<void> {
    if (this.#heads.get(vm) !== undefined) return;
    const note = new Uint8Array();
    await this.#commit.add(this.#heads.set(vm, { position: after, bytes: 0, note }));
  }

  async append(vm: string, { record, after, note }: Append): Promise<Appended> {
    const head = this.#heads.get(vm);
    if ((head?.position ?? 0) !== after) {
      await this.#commit.settled();
      return { tail: this.#piece(vm, after + 1, Number.POSITIVE_INFINITY) };
    }
    const bytes = Buffer.from(encodeRecord(record));
    const position = after + 1;
    const known = { position, note, bytes: (head?.bytes ?? 0) + bytes.length };
    const writeHead = this.#heads.set(vm, known);
    await this.#commit.add(() => {
      unheard(this.#records.put([vm, position], bytes));
      writeHead();
    });
    return { position };
  }

  async note(vm: string, note: Uint8Array): Promise<void> {
    await this.#change(vm, (head) => ({ ...head, note }));
  }

  async *read(vm: string, from: number): AsyncGenerator<Placed> {
    await this.#commit.settled();
    for (let next = from; ; ) {
      const piece = this.#piece(vm, next, PIECE);
      yield* piece;
      if (piece.length < PIECE) return;
      next = (piece.at(-1)?.position ?? next) + 1;
    }
  }

  async forget(vm: string, before: number): Promise<void> {
    await this.#drop(vm, { records: [0, before], checkpoints: [0, before - 1] });
  }

  async cut(vm: string, from: number): Promise<void> {
    const range = [from, LAST] as const;
    await this.#drop(vm, { records: range, checkpoints: range }, (head) => ({
      ...head,
      position: Math.min(head.position, from - 1),
    }));
  }

  async delete(vm: string): Promise<void> {
    await this.#commit.settled();
    const removeHead = this.#heads.delete(vm);
    if (removeHead === null) return;
    const { records, checkpoints } = this.#heads.placesOf(vm);
    await this.#commit.free(() => {
      for (const { place } of records) unheard(this.#records.remove(place));
      for (const { place } of checkpoints) unheard(this.#checkpoints.remove(place));
      removeHead();
    });
  }

  async keepCheckpoint(vm: string, { position, bytes }: Checkpoint): Promise<void> {
    const sealed = Buffer.from(seal(bytes));
    await this.#change(
      vm,
      (head) => ({ ...head, bytes: head.bytes + sealed.length }),
      () => unheard(this.#checkpoints.put([vm, position], sealed)),
    );
  }

  async checkpoints(vm: string): Promise<readonly KeptCheckpoint[]> {
    await this.#commit.settled();
    const range = this.#checkpoints.getRange({ start: [vm, 0], end: [vm, LAST] });
    return [...range].map(({ key, value }) => ({ position: key[1], bytes: unsealed(value) }));
  }

  async dropCheckpoint(vm: string, position: number): Promise<void> {
    await this.#drop(vm, { records: [0, 0], checkpoints: [position, position + 1] });
  }

  put(room: string, key: string, value: Uint8Array): Promise<void> {
    return this.#values.put(room, key, value);
  }

  remove(room: string, key: string): Promise<void> {
    return this.#values.remove(room, key);
  }

  values(room: string, prefix = ''): AsyncIterable<KeptValue> {
    return this.#values.of(room, prefix);
  }

  damaged(room: string): Promise<string[]> {
    return this.#values.damaged(room);
  }

  async close(): Promise<void> {
    await this.#commit.idle();
    await this.#room.tables.root.close();
    await this.#unlock();
  }

  /** Closes the journal, and leaves its file without the pages that dropped records had. */
  async closeCompacted(): Promise<void> {
    await this.#commit.idle();
    await compactFile(this.#room.tables.root, this.#room.path);
    await this.#unlock();
  }

  #piece(vm: string, from: number, limit: number): Placed[] {
    const range = this.#records.getRange({
      start: [vm, from],
      end: [vm, LAST],
      ...(Number.isFinite(limit) ? { limit } : {}),
    });
    return [...range].map(({ key, value }) => placed(key[1], value));
  }

  /** Changes the head of a log, if there is one, and something beside it. */
  async #change(vm: string, to: (head: Head) => Head, beside?: () => void): Promise<void> {
    const head = this.#heads.get(vm);
    if (head === undefined) return;
    const writeHead = this.#heads.set(vm, to(head));
    await this.#commit.add(() => {
      writeHead();
      beside?.();
    });
  }

  /** Drops records and checkpoints whose numbers are in ranges, each without its end. */
  async #drop(
    vm: string,
    ranges: { readonly records: Range; readonly checkpoints: Range },
    to: (head: Head) => Head = (head) => head,
  ): Promise<void> {
    await this.#commit.settled();
    const records = placesIn(this.#records, vm, ranges.records);
    const checkpoints = placesIn(this.#checkpoints, vm, ranges.checkpoints);
    const freed = [...records, ...checkpoints].reduce((sum, { bytes }) => sum + bytes, 0);
    await this.#change(
      vm,
      (head) => to({ ...head, bytes: head.bytes - freed }),
      () => {
        for (const { place } of records) unheard(this.#records.remove(place));
        for (const { place } of checkpoints) unheard(this.#checkpoints.remove(place));
      },
    );
  }
}
