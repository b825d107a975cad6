import { Worker } from 'node:worker_threads';
import type { Shard, ShardKind, ShardResult } from './shard.js';
import { ShardFailed, type ShardRunner, type ShardWatch } from './shard-runner.js';
import type { FromThread, ToThread } from './shard-worker.js';

export interface ThreadPoolOptions {
  /** File of `shard-worker.ts` as it was built. */
  readonly worker: URL;
  /** Threads at most, from 1. */
  readonly threads: number;
  /** Heap of one thread, in MiB; a shard that needs more fails. */
  readonly heapMib?: number;
  /** Memory in MiB above which a thread ends with its shard, in place of waiting for the next one. */
  readonly keptMib?: number;
  /** Niceness of the threads, where a thread can have one of its own: 0 by default. */
  readonly niceness?: number;
}

/** A shard that waits or runs, and whoever waits for it. */
interface Task {
  readonly shard: Shard;
  readonly watch: ShardWatch;
  readonly settle: (result: unknown) => void;
  readonly fail: (error: unknown) => void;
}

const HEAP_MIB = 1024;

/**
 * A thread that has done nothing yet takes some 30 MiB. The heap of one that had a large shard stays
 * large, and small shards fill it with garbage up to where it was.
 */
const KEPT_MIB = 96;

/** Milliseconds after which threads that have nothing to do end. */
const IDLE_MS = 10_000;

/**
 * Runs shards on threads of this process. Threads start when there is work, and end when there has
 * been none for a while; one whose shard is given up ends at once. Those that wait for work do not
 * keep the process alive.
 */
export class ThreadPool implements ShardRunner {
  readonly width: number;
  readonly #worker: URL;
  readonly #heapMib: number;
  readonly #keptBytes: number;
  readonly #told: ToThread;
  #queue: Task[] = [];
  #idle: Worker[] = [];
  readonly #busy = new Map<Worker, Task>();
  #timer: NodeJS.Timeout | null = null;

  constructor({ worker, threads, ...options }: ThreadPoolOptions) {
    const { heapMib = HEAP_MIB, keptMib = KEPT_MIB, niceness = 0 } = options;
    this.width = threads;
    this.#worker = worker;
    this.#heapMib = heapMib;
    this.#keptBytes = keptMib * 2 ** 20;
    this.#told = { niceness };
  }

  run<K extends ShardKind>(shard: Shard<K>, watch: ShardWatch): Promise<ShardResult<K>> {
    const { signal } = watch;
    return new Promise((resolve, reject) => {
      const giveUp = () => this.#giveUp(task);
      const task: Task = {
        shard,
        watch,
        settle: (result) => {
          signal.removeEventListener('abort', giveUp);
          // The kind of a shard tells the type of its result, which a thread's message has lost.
          resolve(result as ShardResult<K>);
        },
        fail: (error) => {
          signal.removeEventListener('abort', giveUp);
          reject(error);
        },
      };
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      signal.addEventListener('abort', giveUp, { once: true });
      this.#queue.push(task);
      this.#next();
    });
  }

  async close(): Promise<void> {
    const tasks = [...this.#queue, ...this.#busy.values()];
    const threads = [...this.#idle, ...this.#busy.keys()];
    this.#queue = [];
    this.#idle = [];
    this.#busy.clear();
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const { fail } of tasks) fail(new ShardFailed('Cannot go on: the threads are closed'));
    await Promise.all(threads.map((thread) => thread.terminate()));
  }

  #next(): void {
    while (this.#busy.size < this.width) {
      const task = this.#queue.shift();
      if (task === undefined) break;
      const thread = this.#idle.pop() ?? this.#spawn();
      this.#busy.set(thread, task);
      thread.ref();
      thread.postMessage(task.shard);
    }
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#busy.size === 0 && this.#idle.length > 0) {
      this.#timer = setTimeout(() => this.#endIdle(), IDLE_MS).unref();
    }
  }

  #spawn(): Worker {
    const thread = new Worker(this.#worker, {
      workerData: this.#told,
      resourceLimits: { maxOldGenerationSizeMb: this.#heapMib },
    });
    thread.on('message', (word: FromThread) => this.#hear(thread, word));
    thread.on('error', (error: Error & { code?: string }) => {
      const isTooBig = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      this.#lose(thread, new ShardFailed(`Cannot go on: ${error.message}`, { isTooBig }));
    });
    thread.on('exit', () => this.#lose(thread, new ShardFailed('Cannot go on: its thread ended')));
    return thread;
  }

  #hear(thread: Worker, word: FromThread): void {
    const task = this.#busy.get(thread);
    if (task === undefined) return;
    if (word.kind === 'progress') {
      task.watch.progress(word.now);
      return;
    }
    this.#busy.delete(thread);
    thread.unref();
    if (word.bytes > this.#keptBytes) void thread.terminate();
    else this.#idle.push(thread);
    if (word.kind === 'result') task.settle(word.result);
    else task.fail(new ShardFailed(word.message));
    this.#next();
  }

  #lose(thread: Worker, error: ShardFailed): void {
    const task = this.#busy.get(thread);
    this.#busy.delete(thread);
    this.#idle = this.#idle.filter((other) => other !== thread);
    task?.fail(error);
    this.#next();
  }

  #giveUp(task: Task): void {
    this.#queue = this.#queue.filter((other) => other !== task);
    for (const [thread, running] of this.#busy) {
      if (running !== task) continue;
      this.#busy.delete(thread);
      void thread.terminate();
    }
    task.fail(task.watch.signal.reason);
    this.#next();
  }

  #endIdle(): void {
    const threads = this.#idle;
    this.#idle = [];
    for (const thread of threads) void thread.terminate();
  }
}
