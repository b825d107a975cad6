import { fileURLToPath } from 'node:url';
import { type ServerProcess, startServer } from '../server-process.js';
import type { Dear } from './request.js';

/** CPU time of one turn of the loop, in milliseconds, that no request may take. */
export const TURN_MS_MAX = 50;

/** Milliseconds after which a job that a request started is cancelled. */
const JOB_MS_MAX = 3000;

/** Milliseconds after which the server has looked at its load again. */
const BACK_MS = 1500;

const METER = fileURLToPath(new URL('meter.mjs', import.meta.url));

/** The longest turn of the loop during a request: CPU time of all threads, and of the loop's alone. */
export interface Turn {
  readonly status: number;
  readonly ms: number;
  readonly loopMs: number;
}

export interface Measured {
  readonly name: string;
  /** The turns of the request, as often as it was sent. */
  readonly turns: readonly Turn[];
}

export interface DearOptions {
  /** Makes what the requests need, and returns those that are sent. */
  readonly prepare: (port: number) => Promise<readonly Dear[]>;
  /** Tells whether a request that was sent so often has been sent often enough. */
  readonly isEnough: (turns: readonly Turn[]) => boolean;
}

/** Sends the dearest legal requests to a server, one at a time, and measures its turns. */
export async function* measureDear({ prepare, isEnough }: DearOptions): AsyncGenerator<Measured> {
  const waiting: ((turn: Omit<Turn, 'status'>) => void)[] = [];
  const server = await startServer({
    nodeArgs: ['--max-semi-space-size=32', '--import', METER],
    onLine: (line) => {
      const found = /^longest turn ([\d.]+) ms, ([\d.]+) ms of them the loop$/.exec(line);
      if (found !== null) waiting.shift()?.({ ms: Number(found[1]), loopMs: Number(found[2]) });
    },
  });
  const longestTurn = () =>
    new Promise<Omit<Turn, 'status'>>((resolve) => {
      waiting.push(resolve);
      process.kill(server.pid, 'SIGUSR2');
    });
  try {
    for (const dear of await prepare(server.port)) {
      const turns: Turn[] = [];
      while (!isEnough(turns)) {
        await longestTurn();
        const status = await send(server, dear);
        const turn = await longestTurn();
        // What came before kept the server so busy that it refuses everything for a second.
        if (status === 503) await new Promise((resolve) => setTimeout(resolve, BACK_MS));
        else turns.push({ status, ...turn });
      }
      yield { name: dear.name, turns };
    }
    if (server.errors.length > 0) throw new Error(`The server failed: ${server.errors[0]}`);
  } finally {
    await server.stop();
  }
}

/** Sends a request and waits for all that it begins. */
async function send(
  { port }: ServerProcess,
  { method, path, body, accept = 'application/json' }: Dear,
): Promise<number> {
  const base = `http://127.0.0.1:${port}`;
  const response = await fetch(`${base}${path}`, {
    method,
    headers: { accept, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  await response.arrayBuffer();
  const job = response.headers.get('location');
  if (response.status === 202 && job !== null) await endOf(`${base}${job}`);
  return response.status;
}

async function endOf(job: string): Promise<void> {
  for (const begun = performance.now(); performance.now() - begun < JOB_MS_MAX; ) {
    const { state } = (await (await fetch(job)).json()) as { readonly state: string };
    if (state !== 'queued' && state !== 'running') return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await fetch(job, { method: 'DELETE' });
}
