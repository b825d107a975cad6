import { runProgram, say, seedOf } from '../../scripts/run-program.js';
import { residentBytesOf, startServer } from '../server-process.js';
import { type Failure, runCampaign } from './campaign.js';

const COUNT = 100_000;

/** Resident memory of the server; its bounded history and caches take far less. */
const RESIDENT_BYTES_MAX = 1024 * 1024 * 1024;

/** Bound of the history of all VMs, low enough to be met during a campaign. */
const HISTORY_MAX = '200000';

/** Characters of a request or an answer that are printed. */
const PRINTED_MAX = 3000;

/** Requests between two lines of progress. */
const PROGRESS_EVERY = 10_000;

const USAGE = `Usage: npm run fuzz -- [--count N] [--seed N] [--only N | --only FIRST-LAST]
`;

await runProgram({
  usage: USAGE,
  options: { count: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' } },
  settingsOf({ count = String(COUNT), only = `1-${count}`, ...values }): Settings | null {
    const seed = seedOf(values.seed);
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(only) ?? [];
    if (seed === null || first === undefined) return null;
    return { seed, first: Number(first), last: Number(last) };
  },
  run,
});

interface Settings {
  readonly seed: number;
  readonly first: number;
  readonly last: number;
}

async function run({ seed, first, last }: Settings): Promise<number> {
  say(`seed ${seed}, requests ${first} to ${last}`);
  const server = await startServer({ args: ['--history-records', HISTORY_MAX] });
  let peak = 0;
  const look = async (number: number) => {
    if (number % PROGRESS_EVERY === 0) process.stderr.write(`${number} ...\n`);
    peak = Math.max(peak, residentBytesOf(server.pid) ?? 0);
    if (server.ended() !== null) return `the server ${server.ended()}`;
    return peak > RESIDENT_BYTES_MAX ? `the server holds ${peak} bytes` : null;
  };
  const begun = performance.now();
  try {
    const { failures, tally } = await runCampaign({ port: server.port, seed, first, last, look });
    for (const line of tally.lines()) say(line);
    say('refused as invalid though the description allows it (beyond what one schema can say):');
    for (const line of tally.stricter()) say(line);
    const end = await look(last);
    const seconds = (performance.now() - begun) / 1000;
    const took = `${last - first + 1} requests in ${seconds.toFixed(0)} s`;
    say(`${took}; resident at most ${mebibytes(peak)}`);
    for (const failure of failures) sayFailure(failure, seed);
    for (const line of server.errors) say(`logged as an error: ${line.slice(0, PRINTED_MAX)}`);
    if (end !== null) say(end);
    const isGood = failures.length === 0 && server.errors.length === 0 && end === null;
    say(isGood ? 'Every answer was right.' : `${failures.length} answers were wrong.`);
    return isGood ? 0 : 1;
  } finally {
    await server.stop();
  }
}

function sayFailure({ number, complaints, request, answer }: Failure, seed: number): void {
  say(`request ${number}: ${complaints.join('; ').slice(0, PRINTED_MAX)}`);
  const printed =
    'operation' in request ? { ...request, operation: request.operation.id } : request;
  say(`  asked ${JSON.stringify(printed).slice(0, PRINTED_MAX)}`);
  say(`  answered ${JSON.stringify(answer).slice(0, PRINTED_MAX)}`);
  say(`  again: npm run fuzz -- --seed ${seed} --only ${number}`);
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
