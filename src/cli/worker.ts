import type { Command } from 'commander';
import { configure } from './config/configure.js';
import { addSettings } from './config/options.js';
import { createLog } from './log.js';
import { openQueue, threadsOf } from './open-shards.js';
import type { Terminal } from './terminal.js';
import { WrongUse } from './wrong-use.js';

const SETTINGS = ['config', 'journal', 'journalCredentials', 'shardThreads', 'logLevel'] as const;

/** `mmulab worker`: runs shards of the servers of a journal, until SIGINT or SIGTERM. */
export function registerWorker(program: Command, terminal: Terminal): void {
  const command = program
    .command('worker')
    .description('run long work of the servers that keep their VMs in NATS; serve nothing');
  addSettings(command, SETTINGS).action((options) => work(options, terminal));
}

async function work(options: Readonly<Record<string, unknown>>, terminal: Terminal): Promise<void> {
  const configured = await configure(options, 'Cannot work', terminal);
  const { values, origins } = configured;
  const { journal, shardThreads: threads } = values;
  if (journal === undefined) {
    throw new WrongUse('Cannot work: there is no journal; name that of the servers with --journal');
  }
  const log = createLog(origins.logLevel === null ? undefined : values.logLevel, terminal);
  const queue = await openQueue(configured, 'Cannot work');
  const { ShardTaker } = await import('../workers/index.js');
  const taker = new ShardTaker(queue, threadsOf(configured), log);
  log.info({ journal, threads }, 'Working');
  const signal = await new Promise<string>((resolve) => {
    for (const one of ['SIGINT', 'SIGTERM']) process.once(one, resolve);
  });
  log.info({ signal }, 'Giving back what is under way');
  await taker.close();
  await queue.close();
  await taker.ended();
  log.info({ signal }, 'Closed');
}
