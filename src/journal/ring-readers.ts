import type { HistoryRecord } from './record.js';

/** The readers of a history: who is told of news, and what they may see. */
export abstract class RingReaders {
  #listeners: Set<() => void> | null = null;
  #released = Number.POSITIVE_INFINITY;
  #onForget: ((records: readonly HistoryRecord[]) => void) | null = null;

  /** `seq` of the newest record; 0 before the first. */
  abstract get head(): number;

  /** `seq` of the newest record that streams may show. */
  get readable(): number {
    return Math.min(this.head, this.#released);
  }

  /** Lets streams show the records up to a `seq`, and from then on none that is not released. */
  release(seq: number): void {
    this.#released = seq;
    this.notify();
  }

  /** @returns A function that stops the listening; further calls do nothing. */
  listen(listener: () => void): () => void {
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
    return () => this.#listeners?.delete(listener);
  }

  /** Tells the listeners that there are new records; to save calls, once for many of them. */
  notify(): void {
    if (this.#listeners === null) return;
    for (const listener of this.#listeners) listener();
  }

  /** @param listener Called with records that are forgotten, which never change again; or null. */
  onForget(listener: ((records: readonly HistoryRecord[]) => void) | null): void {
    this.#onForget = listener;
  }

  protected forgot(records: readonly HistoryRecord[]): void {
    this.#onForget?.(records);
  }
}
