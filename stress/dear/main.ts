import { runProgram, say } from '../../scripts/run-program.js';
import { type Column, tableLines } from '../../src/lab/index.js';
import { createMachines } from './machines.js';
import { type Measured, measureDear, TURN_MS_MAX } from './measure.js';
import { dearRequests } from './requests.js';

/** Requests of a kind; of the first, the compiler has its share. */
const TIMES = 3;

const USAGE = `Usage: npm run dear -- [--only TEXT]
`;

/** Sends the dearest legal requests, and prints the longest turn of the server for each. */
async function run({ only }: { readonly only: string }): Promise<number> {
  const measured: Measured[] = [];
  const prepare = async (port: number) =>
    dearRequests(await createMachines(port)).filter(({ name }) => name.includes(only));
  const isEnough = ({ length }: readonly unknown[]) => length === TIMES;
  for await (const one of measureDear({ prepare, isEnough })) measured.push(one);
  measured.sort((a, b) => laterMs(b) - laterMs(a));
  for (const line of tableLines(COLUMNS, measured)) say(line);
  const over = measured.filter((one) => laterMs(one) > TURN_MS_MAX);
  say(`${over.length} of ${measured.length} take more than ${TURN_MS_MAX} ms in one turn`);
  return over.length === 0 ? 0 : 1;
}

const COLUMNS: readonly Column<Measured>[] = [
  { head: 'request', isText: true, of: ({ name }) => name },
  { head: 'status', of: ({ turns }) => turns[0]?.status ?? 0 },
  { head: 'first, ms', of: ({ turns }) => (turns[0]?.ms ?? 0).toFixed(1) },
  { head: 'loop alone', of: ({ turns }) => (turns[0]?.loopMs ?? 0).toFixed(1) },
  { head: 'later, ms', of: (one) => laterMs(one).toFixed(1) },
  {
    head: 'loop alone',
    of: ({ turns }) => Math.max(...turns.slice(1).map(({ loopMs }) => loopMs)).toFixed(1),
  },
];

function laterMs({ turns }: Measured): number {
  return Math.max(...turns.slice(1).map(({ ms }) => ms));
}

await runProgram({
  usage: USAGE,
  options: { only: { type: 'string' } },
  settingsOf: ({ only = '' }) => ({ only }),
  run,
});
