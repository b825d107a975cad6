import { availableParallelism } from 'node:os';
import { Option, type Command as Program } from 'commander';
import {
  cellsOf,
  curvesOf,
  keyOf,
  PRESET_NAMES,
  PRESETS,
  type PriceList,
  SEEDS,
  type SweepCell,
  type SweepPlan,
  type SweepRow,
  summariesOf,
  sweepCsv,
  sweepTable,
  WORKLOAD_NAMES,
} from '../lab/index.js';
import { KERNEL_NAMES, POLICY_NAMES } from '../mmu/index.js';
import { PREV_ROOTS_MAX } from '../mmu/schema/index.js';

import { runShards, ThreadPool } from '../server/shards/index.js';
import { VERSION } from '../server/wire/version.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { pricesOf } from './price-file.js';
import { startProgress } from './progress.js';
import { SHARD_WORKER } from './shard-threads.js';
import { appendRow, openSweepFile, rowsFor } from './sweep-file.js';
import type { Terminal } from './terminal.js';
import { listOf, numbersOf } from './value-lists.js';
import { WrongUse } from './wrong-use.js';

/** Commands of one race. */
const COMMANDS_MAX = 100_000_000;
/** Races of one sweep. */
const CELLS_MAX = 100_000;
const THREADS_MAX = 256;

interface SweepOptions {
  readonly workload: string;
  readonly policy: string;
  readonly prevRoots: string;
  readonly kernel: string;
  readonly seeds: string;
  readonly commands: string;
  readonly prices: string;
  readonly jobs: string;
  readonly out?: string;
  readonly format: 'table' | 'csv' | 'json';
}

/** `mmulab sweep`: many races at once, and for which prices each policy is the better one. */
export function registerSweep(program: Program, terminal: Terminal): void {
  program
    .command('sweep')
    .description('race policies over workloads, seeds, kernels and slots, and lay prices upon it')
    .option('--workload <names>', 'workloads, comma-separated, or all', 'all')
    .option(
      '--policy <names>',
      'policies, comma-separated, or all; the first is what the others are held against',
      'mainline,need-sync,unsync-roots,cached-roots,invept-deferred,never-cache',
    )
    .option('--prev-roots <counts>', 'slots beside the current root', '3')
    .option('--kernel <versions>', 'kernels, comma-separated', '6.1')
    .option('--seeds <list>', 'seeds, as 1-5 or 1,3,7', '1-5')
    .option('--commands <count>', 'commands of each race', '20000')
    .option('--prices <names>', 'price lists, comma-separated: presets or files; or all', 'all')
    .option('--jobs <count>', 'threads', String(availableParallelism()))
    .option('--out <file>', 'keep each race here, and go on from what is kept')
    .addOption(
      new Option('--format <form>', 'form of what is printed')
        .choices(['table', 'csv', 'json'])
        .default('table'),
    )
    .action(async (options: SweepOptions) => {
      terminal.exitCode = await sweep(options, terminal);
    });
}

async function sweep(options: SweepOptions, terminal: Terminal): Promise<ExitCode> {
  const cells = cellsOf(planOf(options));
  if (cells.length > CELLS_MAX) {
    throw new WrongUse(`Cannot sweep: ${cells.length} races, and ${CELLS_MAX} is the bound`);
  }
  const lists = await listsOf(options.prices, terminal);
  const [threads] = numbersOf('Cannot sweep', 'jobs', options.jobs, [1, THREADS_MAX]);
  const known = options.out === undefined ? null : openSweepFile(options.out, VERSION);
  if (known !== null && known.unusable > 0) {
    const lines = known.unusable === 1 ? '1 line is' : `${known.unusable} lines are`;
    terminal.stderr.write(`${options.out}: ${lines} cut short or of another version: not used\n`);
  }
  const rows = new Map(known?.rows);
  const failures = await run(
    cells.filter((cell) => !rows.has(keyOf(cell))),
    { threads: threads as number, out: options.out, rows },
    terminal,
  );
  const found = rowsFor(cells, rows);
  terminal.stdout.write(textOf(found, lists, options.format));
  return failures === 0 && found.every(isSound) ? EXIT.done : EXIT.objected;
}

/** Races what is still to be raced. @returns Races that could not be run. */
async function run(
  cells: readonly SweepCell[],
  { threads, out, rows }: { threads: number; out: string | undefined; rows: Map<string, SweepRow> },
  terminal: Terminal,
): Promise<number> {
  let [failures, ended] = [0, 0];
  const total = cells.reduce((sum, { commands }) => sum + commands, 0);
  const progress = startProgress(terminal, { what: 'sweep', total: Math.max(total, 1) });
  const pool = new ThreadPool({ worker: SHARD_WORKER, threads });
  const shards = cells.map((input) => ({ kind: 'sweep-race', input }) as const);
  try {
    await runShards(pool, shards, {
      job: 'sweep',
      signal: new AbortController().signal,
      result(_, row) {
        ended += row.cell.commands;
        rows.set(keyOf(row.cell), row);
        if (out !== undefined) appendRow(out, row);
        progress.update(ended);
      },
      failed(place, error) {
        const { workload, seed, kernel, commands } = cells[place] as SweepCell;
        failures += 1;
        ended += commands;
        progress.stop();
        const reason = error instanceof Error ? error.message : String(error);
        terminal.stderr.write(`${workload}, seed ${seed}, kernel ${kernel}: ${reason}\n`);
      },
      progress: ({ done }) => progress.update(ended + done),
    });
  } finally {
    await pool.close();
    progress.stop();
  }
  return failures;
}

function planOf(options: SweepOptions): SweepPlan {
  const refused = 'Cannot sweep';
  const [commands] = numbersOf(refused, 'commands', options.commands, [1, COMMANDS_MAX]);
  return {
    workloads: listOf(refused, 'workload', options.workload, WORKLOAD_NAMES),
    policies: listOf(refused, 'policy', options.policy, POLICY_NAMES),
    kernels: listOf(refused, 'kernel', options.kernel, KERNEL_NAMES),
    prevRoots: numbersOf(refused, 'prev-roots', options.prevRoots, [0, PREV_ROOTS_MAX]),
    seeds: numbersOf(refused, 'seeds', options.seeds, [0, SEEDS - 1]),
    commands: commands as number,
  };
}

async function listsOf(text: string, terminal: Terminal): Promise<PriceList[]> {
  if (text === 'all') return PRESET_NAMES.map((name) => PRESETS[name]);
  const names = [...new Set(text.split(',').map((name) => name.trim()))];
  return Promise.all(names.map((name) => pricesOf(name, terminal)));
}

function textOf(
  rows: readonly SweepRow[],
  lists: readonly PriceList[],
  format: SweepOptions['format'],
): string {
  const summaries = summariesOf(rows, lists);
  switch (format) {
    case 'table':
      return `${sweepTable(summaries).join('\n')}\n`;
    case 'csv':
      return `${sweepCsv(summaries).join('\n')}\n`;
    case 'json':
      return `${JSON.stringify({ version: VERSION, rows, summaries, curves: curvesOf(rows, lists) })}\n`;
  }
}

function isSound({ lanes }: SweepRow): boolean {
  return lanes.every(({ failure }) => failure === null);
}
