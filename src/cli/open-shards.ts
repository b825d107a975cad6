import type { Logger } from 'pino';
import { type ShardRunner, ThreadPool } from '../server/shards/index.js';
import type { Configured } from './config/configure.js';
import { keepsInNats, reasonOfNats } from './open-journal.js';
import { SHARD_WORKER } from './shard-threads.js';
import { WrongUse } from './wrong-use.js';

/** Threads of this process, as many as are configured. */
export function threadsOf({ values }: Configured): ThreadPool {
  return new ThreadPool({ worker: SHARD_WORKER, threads: values.shardThreads });
}

/**
 * Opens what runs the shards of jobs: threads, or, where VMs are kept in NATS, a queue beside them, from
 * which threads of this process take as those of workers do.
 *
 * @throws {WrongUse} If the queue cannot be used.
 */
export async function openShards(configured: Configured, log: Logger): Promise<ShardRunner> {
  if (!keepsInNats(configured)) return threadsOf(configured);
  const { QueueRunner, ShardTaker } = await import('../workers/index.js');
  const queue = await openQueue(configured, 'Cannot serve');
  return new QueueRunner(queue, new ShardTaker(queue, threadsOf(configured), log));
}

/**
 * Opens the queue beside a journal in NATS.
 *
 * @param task The task that needs it, as the error begins: `Cannot serve`.
 * @throws {WrongUse} If it cannot be used.
 */
export async function openQueue({ values }: Configured, task: string) {
  const { journal: address = '', journalCredentials: credentials } = values;
  try {
    const { ShardQueue } = await import('../workers/index.js');
    return await ShardQueue.open(address, { credentials });
  } catch (error) {
    throw new WrongUse(`${task}: ${reasonOfNats(error as NodeJS.ErrnoException, address)}`);
  }
}
