import type { JournalWatcher, LogChange } from './journal.js';

/** The watchers of a journal, who are all told the same. */
export class Watchers implements JournalWatcher {
  readonly #watchers = new Set<JournalWatcher>();

  add(watcher: JournalWatcher): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  changed(change: LogChange): void {
    for (const watcher of this.#watchers) watcher.changed(change);
  }

  lived(vm: string, life: 'begun' | 'deleted'): void {
    for (const watcher of this.#watchers) watcher.lived(vm, life);
  }

  valueChanged(room: string, key: string): void {
    for (const watcher of this.#watchers) watcher.valueChanged(room, key);
  }
}
