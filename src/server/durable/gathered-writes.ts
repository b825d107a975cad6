import type { Journal } from '../../journal/log/index.js';
import type { KeptLog } from './kept-log.js';
import { Unsettled } from './settled.js';

export interface GatheredWritesOptions<T> {
  readonly journal: Journal;
  /** Writes what a log has gathered. */
  readonly write: (one: T) => Promise<void>;
}

/** Gathers what one turn of the loop brings for all VMs, and has it written together. */
export class GatheredWrites<T extends { readonly log: KeptLog }> {
  readonly #options: GatheredWritesOptions<T>;
  /** Logs that have something to write. */
  readonly #dirty = new Set<T>();
  readonly #unsettled = new Unsettled();
  /** The newest write of each log. */
  readonly #written = new WeakMap<T, Promise<void>>();
  /** Changes of values that wait for the next turn. */
  readonly #values: (() => void)[] = [];
  #next: Promise<void> | null = null;

  constructor(options: GatheredWritesOptions<T>) {
    this.#options = options;
  }

  /** Resolves when all that anybody asked for by now is durable; null if it is. */
  get allSettled(): Promise<void> | null {
    return this.#unsettled.all;
  }

  /** Counts a write until it has ended. */
  add(write: Promise<void>): void {
    this.#unsettled.add(write);
  }

  /** Promises to write what a log has gathered. */
  promise(one: T): void {
    if (this.#dirty.has(one)) return;
    this.#dirty.add(one);
    const { log } = one;
    const settled: Promise<void> = this.#turn()
      .then(() => this.#written.get(one))
      .then(() => {
        if (log.settled === settled) log.settled = null;
      });
    log.settled = settled;
    this.#unsettled.add(settled);
  }

  /** Takes the promise back. @returns Whether there was one. */
  withdraw(one: T): boolean {
    return this.#dirty.delete(one);
  }

  /** Keeps a value beside the logs: with what they get in the same turn, or not at all. */
  change(write: (journal: Journal) => Promise<void>): void {
    const written = new Promise<void>((resolve, reject) => {
      this.#values.push(() => void write(this.#options.journal).then(resolve, reject));
    });
    this.#unsettled.add(written);
    void this.#turn();
  }

  /** Resolves when all that this turn of the loop brings was handed to the journal, in one go. */
  #turn(): Promise<void> {
    this.#next ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#next = null;
        this.#writeAll();
        resolve();
      });
    });
    return this.#next;
  }

  /** Logs and values together, so that a journal with transactions keeps both or neither. */
  #writeAll(): void {
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    for (const one of dirty) {
      const written = this.#options.write(one);
      written.catch(() => {});
      this.#written.set(one, written);
    }
    for (const put of this.#values.splice(0)) put();
  }
}
