import {
  cellSteps,
  openCell,
  pagesOfRace,
  type Race,
  type SweepCell,
  type SweepResult,
  type SweepRow,
  sweepResultOf,
} from '../../lab/index.js';
import { VERSION } from '../wire/version.js';
import type { JobWork } from './job.js';
import type { PreparedSweep } from './sweep-request.js';

/** Progress of a sweep: its races run one after the other. */
interface Sweeping {
  /** The race that is being run. */
  race: Race | null;
  /** Commands of the races before it. */
  done: number;
}

/** Makes a sweep the work of a job. Each step makes a lane or runs a command of one race. */
export function sweepWork(sweep: PreparedSweep): JobWork<SweepResult> {
  const sweeping: Sweeping = { race: null, done: 0 };
  return {
    total: sweep.cells.reduce((sum, { commands }) => sum + commands, 0),
    steps: stepsOf(sweep, sweeping),
    pages: () => (sweeping.race === null ? 0 : pagesOfRace(sweeping.race)),
  };
}

function* stepsOf(
  { cells, lists }: PreparedSweep,
  sweeping: Sweeping,
): Generator<number, SweepResult> {
  const rows: SweepRow[] = [];
  for (const cell of cells) {
    sweeping.race = openCell(cell);
    rows.push(yield* rowSteps(cell, sweeping.race, sweeping.done));
    sweeping.done += cell.commands;
  }
  return sweepResultOf(rows, lists, VERSION);
}

function* rowSteps(cell: SweepCell, race: Race, before: number): Generator<number, SweepRow> {
  const steps = cellSteps(cell, VERSION, race);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    yield before + value;
  }
}
