import { spawn } from 'node:child_process';
import { CLI, NODE_FLAGS } from '../built.js';
import { repeat } from '../rounds.js';
import type { Finding } from '../row.js';

/** Time from the start of `mmulab serve` to its first answer that it is ready. */
export async function start(): Promise<Finding[]> {
  return [
    {
      work: 'start of `mmulab serve` until /readyz answers',
      measured: { value: await repeat(millisecondsToReady), unit: 'ms' },
      rival: null,
      ratio: null,
      goal: { of: 'measured', at: 'most', value: 500 },
      notes: [],
    },
  ];
}

async function millisecondsToReady(): Promise<number> {
  const begun = process.hrtime.bigint();
  const child = spawn(
    process.execPath,
    [...NODE_FLAGS, CLI, 'serve', '--port', '0', '--ephemeral'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
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
