/** Pieces of long work, and what runs them, for the program. */

export { runShards } from './shard-runner.js';
export { ThreadPool } from './thread-pool.js';
