import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { SweepCell, SweepRow } from '../lab/index.js';
import type { FromWorker } from './sweep-worker.js';

/** Takes the news while cells are raced. */
export interface SweepListener {
  /** A race is over. Rows come in the order in which races end. */
  row(row: SweepRow): void;
  /** A race could not be run: the sweep goes on without it. */
  failed(cell: SweepCell, message: string): void;
  /** Commands that were run of all races. */
  progress(commands: number): void;
}

/**
 * Races cells on several threads; each takes the next cell when it has done with one. The races share
 * nothing, so that every row is what it would be alone.
 *
 * @param threads At least one; no more are started than there are cells.
 */
export async function raceCells(
  cells: readonly SweepCell[],
  threads: number,
  listener: SweepListener,
): Promise<void> {
  const queue = [...cells];
  let done = 0;
  const underWay = new Map<Worker, number>();
  const tell = () => {
    listener.progress(done + [...underWay.values()].reduce((sum, commands) => sum + commands, 0));
  };
  const work = async () => {
    // The bundle has the worker beside the program.
    const worker = new Worker(new URL('./sweep-worker.js', import.meta.url));
    try {
      for (let cell = queue.shift(); cell !== undefined; cell = queue.shift()) {
        worker.postMessage(cell);
        for (;;) {
          const [said] = (await once(worker, 'message')) as [FromWorker];
          if (said.kind === 'progress') {
            underWay.set(worker, said.commands);
            tell();
            continue;
          }
          underWay.delete(worker);
          done += cell.commands;
          if (said.kind === 'row') listener.row(said.row);
          else listener.failed(cell, said.message);
          tell();
          break;
        }
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(threads, cells.length) }, work));
}
