import type { LogHead } from '../log/index.js';
import { unheard } from './group-commit.js';
import { type Head, headFrom, headOf, headToBytes } from './head.js';
import { ALL, placesIn } from './places.js';
import type { Tables } from './tables.js';

type Kept = Pick<Tables, 'heads' | 'records' | 'checkpoints'>;

/** The heads of all logs: in memory at once, and on disk with the transaction that changes them. */
export class KnownHeads {
  readonly #tables: Kept;
  readonly #known = new Map<string, Head>();

  constructor(tables: Kept) {
    this.#tables = tables;
    this.read();
  }

  /** Bytes of all logs. */
  get bytes(): number {
    let bytes = 0;
    for (const head of this.#known.values()) bytes += head.bytes;
    return bytes;
  }

  /** Reads them again, because a transaction failed. */
  read(): void {
    this.#known.clear();
    for (const { key, value } of this.#tables.heads.getRange({})) {
      this.#known.set(key, headFrom(value) ?? headOf(this.placesOf(key)));
    }
  }

  list(): LogHead[] {
    return [...this.#known].map(([vm, head]) => ({ vm, ...head }));
  }

  get(vm: string): Head | undefined {
    return this.#known.get(vm);
  }

  /** Changes a head in memory. @returns Writes it, in a transaction. */
  set(vm: string, head: Head): () => void {
    this.#known.set(vm, head);
    return () => unheard(this.#tables.heads.put(vm, headToBytes(head)));
  }

  /** Drops a head in memory. @returns Drops it on disk, in a transaction; null if there is none. */
  delete(vm: string): (() => void) | null {
    if (!this.#known.delete(vm)) return null;
    return () => unheard(this.#tables.heads.remove(vm));
  }

  /** The places of a log's records and checkpoints. */
  placesOf(vm: string) {
    const { records, checkpoints } = this.#tables;
    return { records: placesIn(records, vm, ALL), checkpoints: placesIn(checkpoints, vm, ALL) };
  }
}
