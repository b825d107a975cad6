import { fileURLToPath } from 'node:url';
import { runProgram, say } from '../../scripts/run-program.js';
import { type Column, tableLines } from '../../src/lab/index.js';
import { type ServerProcess, startServer } from '../server-process.js';
import { createMachines } from './machines.js';
import { type Dear, dearRequests } from './requests.js';

/** CPU time of one turn of the loop, in milliseconds, that no request may take. */
const TURN_MS_MAX = 50;

/** Requests of a kind; of the first, the compiler has its share. */
const TIMES = 3;

const METER = fileURLToPath(new URL('meter.mjs', import.meta.url));

const USAGE = `Usage: npm run dear -- [--only TEXT]
`;

/** The longest turn since the last question: CPU time of all threads, and of the loop's alone. */
interface Turn {
  readonly ms: number;
  readonly loopMs: number;
}

interface Measured {
  readonly name: string;
  readonly status: number;
  readonly first: number;
  readonly later: number;
  readonly loop: number;
}

/** Sends the dearest legal requests, and prints the longest turn of the server for each. */
async function run({ only }: { readonly only: string }): Promise<number> {
  const turns: ((turn: Turn) => void)[] = [];
  const server = await startServer({
    nodeArgs: ['--import', METER],
    onLine: (line) => {
      const found = /^longest turn ([\d.]+) ms, ([\d.]+) ms of them the loop$/.exec(line);
      if (found !== null) turns.shift()?.({ ms: Number(found[1]), loopMs: Number(found[2]) });
    },
  });
  const longestTurn = () =>
    new Promise<Turn>((resolve) => {
      turns.push(resolve);
      process.kill(server.pid, 'SIGUSR2');
    });
  try {
    const machines = await createMachines(server.port);
    const measured: Measured[] = [];
    for (const dear of dearRequests(machines)) {
      if (!dear.name.includes(only)) continue;
      measured.push(await measure(server, dear, longestTurn));
    }
    measured.sort((a, b) => b.later - a.later);
    for (const line of tableLines(COLUMNS, measured)) say(line);
    const over = measured.filter(({ later }) => later > TURN_MS_MAX);
    say(`${over.length} of ${measured.length} take more than ${TURN_MS_MAX} ms in one turn`);
    return over.length === 0 ? 0 : 1;
  } finally {
    await server.stop();
  }
}

const COLUMNS: readonly Column<Measured>[] = [
  { head: 'request', isText: true, of: ({ name }) => name },
  { head: 'status', of: ({ status }) => status },
  { head: 'first, ms', of: ({ first }) => first.toFixed(1) },
  { head: 'later, ms', of: ({ later }) => later.toFixed(1) },
  { head: 'loop alone', of: ({ loop }) => loop.toFixed(1) },
];

async function measure(
  { port }: ServerProcess,
  { name, method, path, body, accept = 'application/json' }: Dear,
  longestTurn: () => Promise<Turn>,
): Promise<Measured> {
  const found: Turn[] = [];
  let status = 0;
  for (let i = 0; i < TIMES; i += 1) {
    await longestTurn();
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { accept, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    await response.arrayBuffer();
    status = response.status;
    found.push(await longestTurn());
  }
  const [first, ...later] = found;
  return {
    name,
    status,
    first: first?.ms ?? 0,
    later: Math.max(...later.map(({ ms }) => ms)),
    loop: Math.max(...later.map(({ loopMs }) => loopMs)),
  };
}

await runProgram({
  usage: USAGE,
  options: { only: { type: 'string' } },
  settingsOf: ({ only = '' }) => ({ only }),
  run,
});
