import { createVmOn } from '../api.js';
import { answersPerSecond, postOf } from '../http-load.js';
import { type Listener, startRival, startServer } from '../processes.js';
import { compare } from '../rounds.js';
import type { Finding } from '../row.js';

const CONNECTIONS = 16;
const ANSWERS = 8000;

/** One command a request, against a bare Fastify route with the same schemas and compilers. */
export async function command(): Promise<Finding[]> {
  const server = await startServer('--log-level', 'info');
  const rival = await startRival('bare-route');
  try {
    const vm = await createVmOn(server.port);
    const request = postOf(`/v1/vms/${vm}/vcpus/0/mov-cr3`, '{"value":"0x100000"}');
    const measure = ({ port }: Listener) =>
      answersPerSecond({ port, request, connections: CONNECTIONS, answers: ANSWERS });
    const rates = await compare({ ours: () => measure(server), rival: () => measure(rival) });
    return [
      {
        work: `MOV CR3, one a request, over ${CONNECTIONS} connections`,
        measured: { value: rates.ours, unit: 'requests/s' },
        rival: { name: 'bare Fastify route', value: rates.rival, unit: 'requests/s' },
        ratio: rates.ours / rates.rival,
        goal: { of: 'ratio', at: 'least', value: 0.8 },
        notes: [],
      },
    ];
  } finally {
    await Promise.all([server.stop(), rival.stop()]);
  }
}
