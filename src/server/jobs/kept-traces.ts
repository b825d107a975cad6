import type { ValueStore } from '../wire/value-store.js';
import type { Job } from './job.js';
import type { ScoredTrace } from './trace-job.js';
import {
  readTrace,
  type TracePiece,
  tracePieces,
  type WrittenTrace,
  writtenTrace,
} from './written-trace.js';

/** A piece of a result, beside its job. It ends with it, also for whoever drops by age. */
interface KeptPiece extends TracePiece {
  readonly endedAt: number | null;
}

/** The result of a job as it is kept, and the number of pieces that belong to it. */
interface KeptResult extends WrittenTrace {
  readonly pieces: number;
}

/**
 * Keeps the results of traces. They may have many commands: these are written piece by piece between
 * requests, and the job behind them, so that it is kept whole or not at all.
 */
export class KeptTraces {
  readonly #store: ValueStore;
  /** Results that are being written, by the ids of their jobs. */
  readonly #writing = new Map<string, Generator<void>>();
  #turn: NodeJS.Immediate | null = null;

  constructor(store: ValueStore) {
    this.#store = store;
  }

  /** Whether a key is that of a piece. */
  static isPiece(key: string): boolean {
    return key.includes('/');
  }

  /** Begins to write a job that has a result. */
  put(job: Job): void {
    this.#writing.set(job.id, this.#write(job));
    this.#turn ??= setImmediate(() => this.#next());
  }

  /** Keys of the pieces that belong to a job as it is kept. */
  static keysOf({ id, result }: Job): string[] {
    return result === null ? [] : keysOf(id, (result as KeptResult).pieces);
  }

  /**
   * The job as it was; without its result it has not ended.
   *
   * @param values The pieces that there are, by their keys; those of an earlier process by default.
   */
  read(kept: Job, values: ReadonlyMap<string, unknown> = this.#store.kept): Job {
    if (kept.result === null) return kept;
    const result = kept.result as KeptResult;
    const keys = KeptTraces.keysOf(kept);
    const pieces = keys.flatMap((key) => (values.get(key) as KeptPiece) ?? []);
    if (pieces.length < keys.length) return { ...kept, endedAt: null, result: null };
    return { ...kept, result: readTrace(result, pieces) };
  }

  remove({ id, result }: Job): void {
    this.#writing.delete(id);
    // Those of an earlier process that was killed as it wrote them are there without a result.
    const before = [...this.#store.kept.keys()].filter((key) => key.startsWith(`${id}/`));
    const count = result === null ? 0 : [...tracePieces(result as ScoredTrace)].length;
    for (const key of new Set([...before, ...keysOf(id, count)])) this.#store.remove(key);
  }

  /** Writes the rest at once, because the server ends. */
  close(): void {
    if (this.#turn !== null) clearImmediate(this.#turn);
    for (const writing of this.#writing.values()) while (writing.next().done !== true);
    this.#writing.clear();
  }

  #next(): void {
    const [first] = this.#writing;
    if (first?.[1].next().done === true) this.#writing.delete(first[0]);
    this.#turn = this.#writing.size === 0 ? null : setImmediate(() => this.#next());
  }

  *#write(job: Job): Generator<void> {
    const { id, endedAt } = job;
    const result = job.result as ScoredTrace;
    let pieces = 0;
    for (const piece of tracePieces(result)) {
      this.#store.put(`${id}/${pieces}`, { endedAt, ...piece } satisfies KeptPiece);
      pieces += 1;
      yield;
    }
    this.#store.put(id, { ...job, result: { ...writtenTrace(result), pieces } });
  }
}

function keysOf(id: string, pieces: number): string[] {
  return Array.from({ length: pieces }, (_, piece) => `${id}/${piece}`);
}
