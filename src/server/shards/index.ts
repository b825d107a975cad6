/** Pieces of long work, and what runs them, for the program. */

export type { Shard, ShardKind, ShardProgress, ShardResult } from './shard.js';
export { runShards, ShardFailed, type ShardRunner, type ShardWatch } from './shard-runner.js';
export { ThreadPool } from './thread-pool.js';
