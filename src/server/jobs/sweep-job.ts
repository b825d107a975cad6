import { type SweepResult, type SweepRow, sweepResultOf } from '../../lab/index.js';
import { type OpenShard, openShard, type Shard } from '../shards/shard.js';
import { runShards, type ShardRunner } from '../shards/shard-runner.js';
import { VERSION } from '../wire/version.js';
import type { DistantWatch, DistantWork, JobWork } from './job.js';
import { tooBigOr } from './shard-work.js';
import type { PreparedSweep } from './sweep-request.js';

/**
 * Makes a sweep the work of a job, whose steps are commands of its races. The races are shards: with
 * a runner they run there, without one between requests, one after the other.
 */
export function sweepWork(
  sweep: PreparedSweep,
  runner: ShardRunner | null,
): JobWork<SweepResult> | DistantWork<SweepResult> {
  const total = sweep.cells.reduce((sum, { commands }) => sum + commands, 0);
  const shards = sweep.cells.map((input) => ({ kind: 'sweep-race', input }) as const);
  const { lists } = sweep;
  if (runner === null) return { total, ...slicedWork(lists, shards) };
  return { total, ...distantWork(lists, shards, runner) };
}

type Race = Shard<'sweep-race'>;

function slicedWork(
  lists: PreparedSweep['lists'],
  shards: readonly Race[],
): Pick<JobWork<SweepResult>, 'steps' | 'pages'> {
  let open: OpenShard<SweepRow> | null = null;
  function* steps(): Generator<number, SweepResult> {
    const rows: SweepRow[] = [];
    let before = 0;
    for (const shard of shards) {
      open = openShard(shard);
      rows.push(yield* after(before, open.steps));
      before += shard.input.commands;
    }
    return sweepResultOf(rows, lists, VERSION);
  }
  return { steps: steps(), pages: () => open?.pages() ?? 0 };
}

/** The first race that fails ends the others. */
function distantWork(
  lists: PreparedSweep['lists'],
  shards: readonly Race[],
  runner: ShardRunner,
): Pick<DistantWork<SweepResult>, 'run' | 'pages'> {
  let pages = 0;
  const run = async ({ job, signal, progress }: DistantWatch): Promise<SweepResult> => {
    const rows: SweepRow[] = [];
    const failing = new AbortController();
    let ended = 0;
    await runShards(runner, shards, {
      job,
      signal: AbortSignal.any([signal, failing.signal]),
      result(place, row) {
        rows[place] = row;
        ended += row.cell.commands;
        progress(ended);
      },
      failed: (_, error) => failing.abort(error),
      progress(now) {
        ({ pages } = now);
        progress(ended + now.done);
      },
    });
    signal.throwIfAborted();
    if (failing.signal.aborted) throw tooBigOr(failing.signal.reason, ADVICE);
    return sweepResultOf(rows, lists, VERSION);
  };
  return { run, pages: () => pages };
}

const ADVICE = 'sweep fewer policies at a time';

/** Steps of a race, counted on from those of the races before it. */
function* after<R>(before: number, steps: Generator<number, R>): Generator<number, R> {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    yield before + value;
  }
}
