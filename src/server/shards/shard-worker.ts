import { parentPort } from 'node:worker_threads';
import { openShard, type Shard, type ShardProgress } from './shard.js';

/** Words of a thread: how far its shard is, its result, or why there is none. */
export type FromThread =
  | { readonly kind: 'progress'; readonly now: ShardProgress }
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly message: string };

/** Runs the shards that it is sent, one after the other. */
parentPort?.on('message', (shard: Shard) => {
  try {
    say({ kind: 'result', result: resultOf(shard) });
  } catch (error) {
    say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
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

function say(word: FromThread): void {
  parentPort?.postMessage(word);
}
