import { parentPort } from 'node:worker_threads';
import { cellSteps, type SweepCell, type SweepRow } from '../lab/index.js';
import { VERSION } from '../server/wire/version.js';

/** Words of a worker: how far the race of its cell is, its result, or why there is none. */
export type FromWorker =
  | { readonly kind: 'progress'; readonly commands: number }
  | { readonly kind: 'row'; readonly row: SweepRow }
  | { readonly kind: 'failed'; readonly message: string };

/** Commands between two words of progress. */
const PROGRESS_EVERY = 2048;

/** Races the cells that it is sent, one after the other. */
parentPort?.on('message', (cell: SweepCell) => {
  const say = (said: FromWorker) => parentPort?.postMessage(said);
  try {
    const steps = cellSteps(cell, VERSION);
    let told = 0;
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) {
        say({ kind: 'row', row: value });
        return;
      }
      if (value - told < PROGRESS_EVERY) continue;
      told = value;
      say({ kind: 'progress', commands: value });
    }
  } catch (error) {
    say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
});
