/** Shards that workers on other machines run, for the program: NATS is loaded with it. */

export { QueueRunner } from './queue-runner.js';
export { ShardQueue } from './shard-queue.js';
export { ShardTaker, type TakerLog } from './shard-taker.js';
