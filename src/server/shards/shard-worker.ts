import { setPriority } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { openShard, type Shard, type ShardProgress } from './shard.js';

/** Orders for a thread, which it gets as it starts. */
export interface ToThread {
  /** Added to its priority: from 0, the usual one, to 19. */
  readonly niceness: number;
}

/**
 * Words of a thread: how far its shard is, its result, or why there is none. With the last ones come
 * the bytes that the thread takes.
 */
export type FromThread =
  | { readonly kind: 'progress'; readonly now: ShardProgress }
  | { readonly kind: 'result'; readonly result: unknown; readonly bytes: number }
  | { readonly kind: 'failed'; readonly message: string; readonly bytes: number };

// Elsewhere the priority is that of the whole process.
const { niceness } = workerData as ToThread;
if (process.platform === 'linux' && niceness > 0) setPriority(niceness);

/** Runs the shards that it is sent, one after the other. */
parentPort?.on('message', (shard: Shard) => {
  try {
    say({ kind: 'result', result: resultOf(shard), bytes: bytesTaken() });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    say({ kind: 'failed', message, bytes: bytesTaken() });
  }
});

function resultOf(shard: Shard): unknown {
  const { steps, every, pages, total } = openShard(shard);
  let told = 0;
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (value - told < every) continue;
    told = value;
    say({
      kind: 'progress',
      now: { done: value, pages: pages(), ...(total && { total: total() }) },
    });
  }
}

/** Heap of this thread, garbage with it, and what its heap holds outside. */
function bytesTaken(): number {
  const { total_heap_size: heap, external_memory: outside } = getHeapStatistics();
  return heap + outside;
}

function say(word: FromThread): void {
  parentPort?.postMessage(word);
}
