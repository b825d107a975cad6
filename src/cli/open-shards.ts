import type { Logger } from 'pino';
import { type ShardRunner, ThreadPool } from '../server/shards/index.js';
import type { Configured } from './config/configure.js';
import { keepsInNats, reasonOfNats } from './open-journal.js';
import { SHARD_WORKER } from './shard-threads.js';
import { WrongUse } from './wrong-use.js';

/** Niceness of threads beside a server: on a busy machine its requests go first. */
const BESIDE_REQUESTS = 10;

/** Threads of this process, as many as are configured. @param niceness As {@link ThreadPool} has it. */
export function threadsOf({ values }: Configured, niceness = 0): ThreadPool {
  return new ThreadPool({ worker: SHARD_WORKER, threads: values.shardThreads, niceness });
}

/**
 * Opens what runs the shards of jobs: threads, or, where VMs are kept in NATS, a queue beside them, from
 * which threads of this process take as those of workers do.
 *
 * @throws {WrongUse} If the queue cannot be used.
 */
export async function openShards(configured: Configured, log: Logger): Promise<ShardRunner> {
  const threads = threadsOf(configured, BESIDE_REQUESTS);
  if (!keepsInNats(configured, 'Cannot serve')) return threads;
  const { QueueRunner, ShardTaker } = await import('../workers/index.js');
  const queue = await openQueue(configured, 'Cannot serve');
  return new QueueRunner(queue, new ShardTaker(queue, threads, log));
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
