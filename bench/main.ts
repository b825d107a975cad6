import { runProgram } from '../scripts/run-program.js';
import { type Benchmark, type Row, rowOf } from './row.js';
import { batches } from './rows/batches.js';
import { command } from './rows/command.js';
import { durable } from './rows/durable.js';
import { explore } from './rows/explore.js';
import { kept } from './rows/kept.js';
import { memory } from './rows/memory.js';
import { nats } from './rows/nats.js';
import { ndjson } from './rows/ndjson.js';
import { page } from './rows/page.js';
import { past } from './rows/past.js';
import { race } from './rows/race.js';
import { rootSwitch } from './rows/root-switch.js';
import { scrub } from './rows/scrub.js';
import { shared } from './rows/shared.js';
import { start } from './rows/start.js';
import { state } from './rows/state.js';
import { step } from './rows/step.js';
import { stream } from './rows/stream.js';
import { streams } from './rows/streams.js';
import { sweep } from './rows/sweep.js';
import { time } from './rows/time.js';
import { trace } from './rows/trace.js';
import { watchers } from './rows/watchers.js';
import { tableOf } from './table.js';

/** Every benchmark by its name, in the order in which they run. */
const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  'root-switch': rootSwitch,
  step,
  race,
  sweep,
  command,
  batches,
  durable,
  nats,
  ndjson,
  stream,
  streams,
  watchers,
  page,
  memory,
  state,
  shared,
  time,
  past,
  scrub,
  trace,
  explore,
  start,
  kept,
};

const USAGE = `Usage: npm run bench -- [--json] [--only NAME,...]

Names: ${Object.keys(BENCHMARKS).join(', ')}
`;

interface Settings {
  readonly json: boolean;
  readonly only: readonly string[];
}

await runProgram({
  usage: USAGE,
  options: { json: { type: 'boolean', default: false }, only: { type: 'string' } },
  settingsOf({ json, only }): Settings | null {
    const names = only?.split(',') ?? Object.keys(BENCHMARKS);
    return names.every((name) => Object.hasOwn(BENCHMARKS, name)) ? { json, only: names } : null;
  },
  async run({ json, only }) {
    const rows = await rowsOf(only);
    process.stdout.write(json ? `${JSON.stringify({ rows }, null, 2)}\n` : tableOf(rows));
    return 0;
  },
});

async function rowsOf(only: readonly string[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const name of only) {
    process.stderr.write(`${name} ...\n`);
    const findings = await (BENCHMARKS[name] as Benchmark)();
    rows.push(...findings.map((finding) => rowOf(name, finding)));
  }
  return rows;
}
