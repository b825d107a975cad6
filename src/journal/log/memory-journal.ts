import type {
  Append,
  Appended,
  Checkpoint,
  Journal,
  KeptCheckpoint,
  KeptValue,
  LogHead,
  Placed,
  SharedLogs,
} from './journal.js';
import { placed, unsealed } from './placed.js';
import { encodeRecord, seal } from './record.js';

interface Log {
  /** Number of the newest record. */
  position: number;
  note: Uint8Array;
  readonly records: Map<number, Uint8Array>;
  readonly checkpoints: Map<number, Uint8Array>;
}

/** A journal in memory, for tests: a host that begins on it anew finds what the last one kept. */
export class MemoryJournal implements Journal {
  readonly hasTransactions = true;
  readonly worth = 'in memory: nothing outlives the process';
  readonly shared: SharedLogs | null = null;
  readonly #logs = new Map<string, Log>();
  readonly #rooms = new Map<string, Map<string, Uint8Array>>();

  get bytes(): number {
    const logs = [...this.#logs.values()].reduce((sum, log) => sum + bytesOf(log), 0);
    return [...this.#rooms.values()].reduce((sum, room) => sum + total(room), logs);
  }

  async fresh(): Promise<void> {}

  async list(): Promise<readonly LogHead[]> {
    return [...this.#logs].map(([vm, log]) => {
      const { position, note } = log;
      return { vm, position, note, bytes: bytesOf(log) };
    });
  }

  async position(vm: string): Promise<number> {
    return this.#logs.get(vm)?.position ?? 0;
  }

  async begin(vm: string, after: number): Promise<void> {
    if (!this.#logs.has(vm)) this.#logs.set(vm, { ...createLog(), position: after });
  }

  async append(vm: string, { record, after, note }: Append): Promise<Appended> {
    const log = this.#logs.get(vm) ?? createLog();
    if (log.position !== after) return { tail: [...tailOf(log, after + 1)] };
    log.position += 1;
    log.note = note;
    log.records.set(log.position, encodeRecord(record));
    this.#logs.set(vm, log);
    return { position: log.position };
  }

  async note(vm: string, note: Uint8Array): Promise<void> {
    const log = this.#logs.get(vm);
    if (log !== undefined) log.note = note;
  }

  async *read(vm: string, from: number): AsyncGenerator<Placed> {
    const log = this.#logs.get(vm);
    if (log !== undefined) yield* tailOf(log, from);
  }

  async forget(vm: string, before: number): Promise<void> {
    const records = this.#logs.get(vm)?.records ?? new Map<number, Uint8Array>();
    for (const position of records.keys()) if (position < before) records.delete(position);
  }

  async cut(vm: string, from: number): Promise<void> {
    const log = this.#logs.get(vm);
    if (log === undefined) return;
    for (const kept of [log.records, log.checkpoints]) {
      for (const position of kept.keys()) if (position >= from) kept.delete(position);
    }
    log.position = Math.min(log.position, from - 1);
  }

  async delete(vm: string): Promise<void> {
    this.#logs.delete(vm);
  }

  async keepCheckpoint(vm: string, { position, bytes }: Checkpoint): Promise<void> {
    this.#logs.get(vm)?.checkpoints.set(position, seal(bytes));
  }

  async checkpoints(vm: string): Promise<readonly KeptCheckpoint[]> {
    const kept = [...(this.#logs.get(vm)?.checkpoints ?? [])].sort(([a], [b]) => a - b);
    return kept.map(([position, bytes]) => ({ position, bytes: unsealed(bytes) }));
  }

  async dropCheckpoint(vm: string, position: number): Promise<void> {
    this.#logs.get(vm)?.checkpoints.delete(position);
  }

  async put(room: string, key: string, value: Uint8Array): Promise<void> {
    const kept = this.#rooms.get(room) ?? new Map<string, Uint8Array>();
    this.#rooms.set(room, kept.set(key, seal(value)));
  }

  async remove(room: string, key: string): Promise<void> {
    this.#rooms.get(room)?.delete(key);
  }

  async *values(room: string, prefix = ''): AsyncGenerator<KeptValue> {
    const kept = [...(this.#rooms.get(room) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [key, bytes] of kept) {
      const value = unsealed(bytes);
      if (key.startsWith(prefix) && value !== null) yield { key, value };
    }
  }

  async damaged(room: string): Promise<readonly string[]> {
    const kept = [...(this.#rooms.get(room) ?? [])];
    return kept.filter(([, bytes]) => unsealed(bytes) === null).map(([key]) => key);
  }

  async close(): Promise<void> {}
}

function createLog(): Log {
  return { position: 0, note: new Uint8Array(), records: new Map(), checkpoints: new Map() };
}

function* tailOf({ records }: Log, from: number): Generator<Placed> {
  for (const [position, bytes] of records) if (position >= from) yield placed(position, bytes);
}

function bytesOf({ records, checkpoints }: Log): number {
  return total(records) + total(checkpoints);
}

function total(kept: ReadonlyMap<unknown, Uint8Array>): number {
  return [...kept.values()].reduce((sum, { length }) => sum + length, 0);
}
