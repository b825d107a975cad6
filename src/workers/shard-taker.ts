import type { Subscription } from '@nats-io/transport-node';
import { ShardFailed, type ShardProgress, type ShardRunner } from '../server/shards/index.js';
import type { ShardEnd, ShardQueue, Taken } from './shard-queue.js';

/** Workers that may be lost with a shard or give it back, before it is taken for the cause. */
const LOST_MAX = 10;

/** Milliseconds between two words about the progress of a shard. */
const PROGRESS_MS = 200;

/** Milliseconds after which a shard is asked for again, if the servers could not be asked. */
const AGAIN_MS = 1000;

/** Tells of what a taker does. */
export interface TakerLog {
  debug(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** Takes shards out of a queue and runs them, as many at a time as its runner can. */
export class ShardTaker {
  readonly #queue: ShardQueue;
  readonly #runner: ShardRunner;
  readonly #log: TakerLog;
  readonly #running = new Map<string, AbortController>();
  readonly #news: Subscription;
  readonly #loops: readonly Promise<void>[];
  #isClosed = false;

  constructor(queue: ShardQueue, runner: ShardRunner, log: TakerLog) {
    this.#queue = queue;
    this.#runner = runner;
    this.#log = log;
    this.#news = queue.listen((name, { kind }) => {
      if (kind === 'cancelled') this.#running.get(name)?.abort();
    });
    this.#loops = Array.from({ length: runner.width }, () => this.#loop());
  }

  /** Gives back what is under way, and takes no more. The queue must be closed behind it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#news.unsubscribe();
    for (const leaving of this.#running.values()) leaving.abort();
    await this.#runner.close();
  }

  /** Resolves once the last request for a shard has ended, which the end of the queue ends. */
  async ended(): Promise<void> {
    await Promise.all(this.#loops);
  }

  async #loop(): Promise<void> {
    while (!this.#isClosed) {
      try {
        const taken = await this.#queue.take();
        if (taken !== null) await this.#run(taken);
      } catch (error) {
        if (this.#isClosed) return;
        this.#log.error({ err: error }, 'Shard lost: asking for the next one');
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS).unref());
      }
    }
  }

  async #run(taken: Taken): Promise<void> {
    const { name } = taken;
    if (this.#isClosed) return taken.giveBack();
    const leaving = new AbortController();
    this.#running.set(name, leaving);
    const signs = setInterval(() => taken.working(), this.#queue.lostMs / 3);
    try {
      const end = await this.#endOf(taken, leaving.signal);
      if (end !== null) await this.#queue.end(name, end);
      // Behind its end, so that the shard of a worker that is lost here is run again.
      if (this.#isClosed && end === null) taken.giveBack();
      else await taken.done();
      this.#log.debug({ shard: name, end: end?.kind ?? 'given up' }, 'Shard ended');
    } finally {
      clearInterval(signs);
      this.#running.delete(name);
    }
  }

  /** Null if nobody wants it, or it is given up. */
  async #endOf({ name, times }: Taken, signal: AbortSignal): Promise<ShardEnd | null> {
    if (times > LOST_MAX) {
      const message = `Cannot go on: ${LOST_MAX} workers gave it back or were lost with it`;
      return { kind: 'failed', message, isTooBig: false };
    }
    const shard = await this.#queue.shard(name);
    if (shard === null) return null;
    let toldMs = Number.NEGATIVE_INFINITY;
    const progress = (now: ShardProgress) => {
      if (performance.now() - toldMs < PROGRESS_MS) return;
      toldMs = performance.now();
      this.#queue.tell(name, { kind: 'progress', now });
    };
    try {
      return { kind: 'result', result: await this.#runner.run(shard, { name, signal, progress }) };
    } catch (error) {
      if (signal.aborted) return null;
      const { message } = error as Error;
      return { kind: 'failed', message, isTooBig: error instanceof ShardFailed && error.isTooBig };
    }
  }
}
