/** File that runs shards on a thread. The bundle has it beside the program. */
export const SHARD_WORKER = new URL('./shard-worker.js', import.meta.url);
