import { createVmOn, demand } from '../api.js';
import { getOf } from '../http-load.js';
import { oneByOne } from '../one-by-one.js';
import { startServer } from '../processes.js';
import type { Finding } from '../row.js';

/** Requests of a round, one after the other. */
const TIMES = 50;

const COMMANDS_PER_BATCH = 10_000;
const BATCHES = 12;

/** Switches between roots of which some are in the cache. */
const COMMANDS = Array.from({ length: COMMANDS_PER_BATCH }, (_, i) => ({
  kind: 'mov-cr3',
  vcpu: 0,
  value: `0x${(0x100000 + ((i * 7) % 9) * 0x1000).toString(16)}`,
}));

/** Time to look at the past of a VM with more than a million events, most of which are packed. */
export async function past(): Promise<Finding[]> {
  const server = await startServer();
  const { port } = server;
  try {
    const vm = `/v1/vms/${await createVmOn(port)}`;
    for (let i = 0; i < BATCHES; i += 1) await demand(port, 'POST', `${vm}/commands`, COMMANDS);
    const { seq } = await demand<{ seq: number }>(port, 'GET', vm);
    const middle = Math.floor(seq / 2);
    const row = (work: string, path: string, goal: number) =>
      oneByOne({ work, port, request: getOf(`${vm}/${path}`), times: TIMES, goal });
    const window = `timeline?from=${middle}&to=${middle + 50_000}&buckets=1000`;
    return [
      await row(`timeline of ${seq} events`, 'timeline?buckets=1000', 50),
      await row('timeline of 50,000 of them', window, 50),
      await row('vCPU at a moment just asked for', `vcpus/0?at=${middle}`, 5),
      await row('events of that moment, packed', `events?after=${middle}&limit=100`, 5),
    ];
  } finally {
    await server.stop();
  }
}
