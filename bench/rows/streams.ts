import { get, type IncomingMessage } from 'node:http';
import { createVmOn, demand } from '../api.js';
import { startServer } from '../processes.js';
import { medianOf } from '../rounds.js';
import type { Finding } from '../row.js';

const STREAMS = 500;
const PER_SECOND = 10;
const SECONDS = 5;

/**
 * Delay until the slowest of five hundred clients has a command. All of them follow one VM over
 * server-sent events, and a command comes ten times a second.
 */
export async function streams(): Promise<Finding[]> {
  const server = await startServer();
  const { port } = server;
  const followers: Follower[] = [];
  try {
    const vm = await createVmOn(port);
    for (let i = 0; i < STREAMS; i += 1) {
      followers.push(await follow(port, `/v1/vms/${vm}/events?kind=command`));
    }
    const delays: number[] = [];
    for (let round = 1; round <= SECONDS * PER_SECOND; round += 1) {
      const begun = process.hrtime.bigint();
      const all = Promise.all(followers.map((follower) => follower.has(round)));
      await demand(port, 'POST', `/v1/vms/${vm}/vcpus/0/load-root`, { pgd: '0x1000' });
      await all;
      const delay = Number(process.hrtime.bigint() - begun) / 1e6;
      delays.push(delay);
      const rest = 1000 / PER_SECOND - delay;
      if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    }
    return [
      {
        work: `${STREAMS} streams of one VM at ${PER_SECOND} Hz: a command until the last has it`,
        measured: { value: medianOf(delays), unit: 'ms' },
        rival: null,
        ratio: null,
        goal: { of: 'measured', at: 'most', value: 1000 / PER_SECOND },
        notes: [`the slowest of ${delays.length}: ${Math.max(...delays).toFixed(0)} ms`],
      },
    ];
  } finally {
    for (const { leave } of followers) leave();
    await server.stop();
  }
}

interface Follower {
  /** Resolves once `count` commands have arrived. */
  readonly has: (count: number) => Promise<void>;
  readonly leave: () => void;
}

function follow(port: number, path: string): Promise<Follower> {
  return new Promise((resolve, reject) => {
    const headers = { accept: 'text/event-stream' };
    const request = get({ port, path, headers, agent: false }, (response: IncomingMessage) => {
      let count = 0;
      let wake = () => {};
      response.setEncoding('utf8');
      response.on('error', () => {});
      response.on('data', (text: string) => {
        count += text.split('"type":"command"').length - 1;
        wake();
      });
      const has = async (expected: number) => {
        while (count < expected) {
          await new Promise<void>((next) => {
            wake = next;
          });
        }
      };
      resolve({ has, leave: () => void request.destroy() });
    });
    request.on('error', reject);
  });
}
