import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CLI, NODE_FLAGS } from '../built.js';
import { compare } from '../rounds.js';
import type { Finding } from '../row.js';

const RIVAL = fileURLToPath(new URL('../rivals/bare-start.mjs', import.meta.url));

/** Time from the start of `mmulab serve` to its first answer that it is ready, and a bare server's. */
export async function start(): Promise<Finding[]> {
  const { ours, rival } = await compare({
    ours: () => millisecondsToReady([CLI, 'serve', '--port', '0', '--ephemeral']),
    rival: () => millisecondsToReady([RIVAL]),
  });
  const work = 'start of `mmulab serve` until /readyz answers';
  const measured = { value: ours, unit: 'ms' };
  const bare = { name: 'bare Fastify, the same plugins', value: rival, unit: 'ms' };
  const ratio = rival / ours;
  return [
    { work, measured, rival: null, ratio: null, goal: MOST, notes: [] },
    { work, measured, rival: bare, ratio, goal: NO_SLOWER, notes: [] },
  ];
}

const MOST = { of: 'measured', at: 'most', value: 500 } as const;

const NO_SLOWER = { of: 'ratio', at: 'least', value: 1 } as const;

async function millisecondsToReady(args: readonly string[]): Promise<number> {
  const begun = process.hrtime.bigint();
  const child = spawn(process.execPath, [...NODE_FLAGS, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    let output = '';
    for await (const chunk of child.stdout) {
      output += String(chunk);
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
      if (url === undefined) continue;
      const { status } = await fetch(`${url}/readyz`);
      if (status !== 200) throw new Error(`Cannot time the start: /readyz says ${status}`);
      return Number(process.hrtime.bigint() - begun) / 1e6;
    }
    throw new Error('Cannot time the start: the server ended');
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}
