import { type Benchmark, type Row, rowOf } from './row.js';
import { batches } from './rows/batches.js';
import { command } from './rows/command.js';
import { memory } from './rows/memory.js';
import { ndjson } from './rows/ndjson.js';
import { race } from './rows/race.js';
import { rootSwitch } from './rows/root-switch.js';
import { shared } from './rows/shared.js';
import { start } from './rows/start.js';
import { state } from './rows/state.js';
import { step } from './rows/step.js';
import { stream } from './rows/stream.js';
import { streams } from './rows/streams.js';
import { time } from './rows/time.js';
import { tableOf } from './table.js';

/** Every benchmark by its name, in the order in which they run. */
const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  'root-switch': rootSwitch,
  step,
  race,
  command,
  batches,
  ndjson,
  stream,
  streams,
  memory,
  state,
  shared,
  time,
  start,
};

const USAGE = `Usage: npm run bench -- [--json] [--only NAME,...]

Names: ${Object.keys(BENCHMARKS).join(', ')}
`;

interface Options {
  readonly json: boolean;
  readonly only: readonly string[];
}

const options = optionsOf(process.argv.slice(2));
if (options === null) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  const rows = await run(options);
  process.stdout.write(options.json ? `${JSON.stringify({ rows }, null, 2)}\n` : tableOf(rows));
}

async function run({ only }: Options): Promise<Row[]> {
  const rows: Row[] = [];
  for (const name of only) {
    process.stderr.write(`${name} ...\n`);
    const findings = await (BENCHMARKS[name] as Benchmark)();
    rows.push(...findings.map((finding) => rowOf(name, finding)));
  }
  return rows;
}

/** @returns Null if the arguments cannot be understood. */
function optionsOf(args: readonly string[]): Options | null {
  let json = false;
  let only = Object.keys(BENCHMARKS);
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--json') json = true;
    else if (arg === '--only') only = (rest.shift() ?? '').split(',');
    else return null;
  }
  return only.every((name) => Object.hasOwn(BENCHMARKS, name)) ? { json, only } : null;
}
