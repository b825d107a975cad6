import type { Database } from 'lmdb';
import { type KeptValue, seal, unsealed } from '../log/index.js';
import { type GroupCommit, unheard } from './group-commit.js';

/** Behind every key that begins with what stands before it. */
const LAST = '\uffff';

/** Values in rooms, under keys. */
export class LmdbValues {
  readonly #table: Database<Buffer, [string, string]>;
  readonly #commit: GroupCommit;

  constructor(table: Database<Buffer, [string, string]>, commit: GroupCommit) {
    this.#table = table;
    this.#commit = commit;
  }

  async put(room: string, key: string, value: Uint8Array): Promise<void> {
    const sealed = Buffer.from(seal(value));
    await this.#commit.add(() => unheard(this.#table.put([room, key], sealed)));
  }

  async remove(room: string, key: string): Promise<void> {
    await this.#commit.free(() => unheard(this.#table.remove([room, key])));
  }

  async damaged(room: string): Promise<string[]> {
    await this.#commit.settled();
    const range = this.#table.getRange({ start: [room, ''], end: [room, LAST] });
    return [...range].filter(({ value }) => unsealed(value) === null).map(({ key }) => key[1]);
  }

  /** The values of a room whose keys begin so, in order, without those that were damaged. */
  async *of(room: string, prefix: string): AsyncGenerator<KeptValue> {
    await this.#commit.settled();
    const range = this.#table.getRange({ start: [room, prefix], end: [room, prefix + LAST] });
    for (const { key, value } of [...range]) {
      const body = unsealed(value);
      if (body !== null) yield { key: key[1], value: body };
    }
  }
}
