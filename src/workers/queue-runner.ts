import { nuid, type Subscription } from '@nats-io/transport-node';
import {
  type Shard,
  ShardFailed,
  type ShardKind,
  type ShardResult,
  type ShardRunner,
  type ShardWatch,
} from '../server/shards/index.js';
import { BOUNDS } from '../server/wire/bounds.js';
import type { ShardEnd, ShardQueue } from './shard-queue.js';
import type { ShardTaker } from './shard-taker.js';

/** Milliseconds between two looks for ends of which no word has come. */
const LOOK_MS = 5000;

/** A shard that was handed over, and whoever waits for it. */
interface Waiting {
  readonly watch: ShardWatch;
  readonly end: (end: ShardEnd) => void;
}

/** Has shards run by the workers of a queue, wherever they are. */
export class QueueRunner implements ShardRunner {
  readonly width = BOUNDS.shardsAhead.value;
  readonly #queue: ShardQueue;
  readonly #taker: ShardTaker;
  /** Tells the shards of this process from those of others. */
  readonly #process = nuid.next();
  readonly #waiting = new Map<string, Waiting>();
  readonly #news: Subscription;
  readonly #looks: NodeJS.Timeout;

  /** @param taker One of this process, so that shards are run where there are no workers. */
  constructor(queue: ShardQueue, taker: ShardTaker) {
    this.#queue = queue;
    this.#taker = taker;
    this.#news = queue.listen((name, news) => {
      if (news.kind === 'ended') void this.#look(name);
      // The memory that it takes is that of its worker.
      if (news.kind === 'progress')
        this.#waiting.get(name)?.watch.progress({ ...news.now, pages: 0 });
    });
    this.#looks = setInterval(() => {
      for (const name of this.#waiting.keys()) void this.#look(name);
    }, LOOK_MS).unref();
  }

  async run<K extends ShardKind>(shard: Shard<K>, watch: ShardWatch): Promise<ShardResult<K>> {
    const { signal } = watch;
    signal.throwIfAborted();
    const name = `${this.#process}/${watch.name}`;
    let giveUp = () => {};
    const ended = new Promise<ShardEnd>((resolve, reject) => {
      this.#waiting.set(name, { watch, end: resolve });
      giveUp = () => reject(signal.reason);
      signal.addEventListener('abort', giveUp, { once: true });
    });
    const handed = this.#queue.put(name, shard);
    try {
      const end = await Promise.race([ended, handed.then(() => ended)]);
      if (end.kind === 'failed') throw new ShardFailed(end.message, end);
      // The kind of a shard tells the type of its result, which JSON has lost.
      return end.result as ShardResult<K>;
    } finally {
      this.#waiting.delete(name);
      signal.removeEventListener('abort', giveUp);
      // What cannot be dropped now goes by its age.
      const drop = () => this.#queue.drop(name);
      handed.then(drop, drop).catch(() => {});
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#looks);
    this.#news.unsubscribe();
    const message = 'Cannot go on: the server ends';
    for (const { end } of this.#waiting.values()) end({ kind: 'failed', message, isTooBig: false });
    await this.#taker.close();
    await this.#queue.close();
    await this.#taker.ended();
  }

  async #look(name: string): Promise<void> {
    const end = await this.#queue.ended(name).catch(() => null);
    if (end !== null) this.#waiting.get(name)?.end(end);
  }
}
