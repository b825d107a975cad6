import { createVmOn, demand } from '../api.js';
import { postOf } from '../http-load.js';
import { oneByOne } from '../one-by-one.js';
import { startServer } from '../processes.js';
import type { Finding } from '../row.js';

/** Operations of a round, one after the other. */
const TIMES = 300;

/** Commands in the history of the small VM: a few chunks. */
const COMMANDS = Array.from({ length: 500 }, (_, i) => ({
  kind: 'mov-cr3',
  vcpu: 0,
  value: `0x${(0x100000 + (i % 5) * 0x1000).toString(16)}`,
}));

/** Time to create a small VM, to fork it and to take it back, one request each. */
export async function time(): Promise<Finding[]> {
  const server = await startServer();
  const { port } = server;
  try {
    const vm = `/v1/vms/${await createVmOn(port)}`;
    await demand(port, 'POST', `${vm}/commands`, COMMANDS);
    await demand(port, 'POST', `${vm}/snapshots`, { name: 'bench' });
    const { seq } = await demand<{ seq: number }>(port, 'GET', vm);
    const middle = Math.floor(seq / 2);
    const row = (work: string, path: string, body: object = {}) =>
      oneByOne({ work, port, request: postOf(path, JSON.stringify(body)), times: TIMES, goal: 1 });
    return [
      await row('create a VM', '/v1/vms'),
      await row('fork a VM of 1 vCPU now', `${vm}/fork`),
      await row(`fork it as it was at ${middle} of ${seq}`, `${vm}/fork`, { seq: middle }),
      await row('restore a snapshot of it', `${vm}/snapshots/bench/restore`),
      await row('reset it', `${vm}/reset`),
    ];
  } finally {
    await server.stop();
  }
}
