import type { JournalWatcher, SharedLogs, Watchers } from '../log/index.js';
import { type Entry, placedIn } from './entry.js';
import type { LogCutter } from './log-cutter.js';
import type { LogFeed } from './log-feed.js';
import type { NatsValues } from './nats-values.js';

export interface NatsSharedLogsOptions {
  readonly feed: LogFeed;
  readonly values: NatsValues;
  readonly cutter: LogCutter;
  readonly watchers: Watchers;
}

/** The part of a journal in NATS by which several processes get on with each other. */
export class NatsSharedLogs implements SharedLogs {
  readonly #options: NatsSharedLogsOptions;

  constructor(options: NatsSharedLogsOptions) {
    this.#options = options;
  }

  get lives(): number {
    return this.#options.feed.lives;
  }

  watch(watcher: JournalWatcher): () => void {
    return this.#options.watchers.add(watcher);
  }

  claim(room: string, key: string, value: Uint8Array): Promise<boolean> {
    return this.#options.values.claim(room, key, value);
  }

  deleteKnown(vm: string): Promise<boolean> {
    return this.#options.cutter.deleteKnown(vm);
  }
}

/** Tells watchers of an entry of a log. */
export function tellEntry(watchers: Watchers, vm: string, entry: Entry): void {
  const { isDeletion, position, note } = entry;
  watchers.changed({ vm, head: isDeletion ? null : { position, note }, records: placedIn(entry) });
}
