import { createVmOn } from '../api.js';
import { COMMANDS } from '../commands.js';
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
    const findings: Finding[] = [];
    for (const { kind, fields, counts } of COMMANDS) {
      const request = postOf(`/v1/vms/${vm}/vcpus/0/${kind}`, JSON.stringify(fields));
      const measure = ({ port }: Listener) =>
        answersPerSecond({ port, request, connections: CONNECTIONS, answers: ANSWERS });
      const rates = await compare({ ours: () => measure(server), rival: () => measure(rival) });
      findings.push({
        work: `${kind}, one a request, over ${CONNECTIONS} connections`,
        measured: { value: rates.ours, unit: 'requests/s' },
        rival: { name: 'bare Fastify route', value: rates.rival, unit: 'requests/s' },
        ratio: rates.ours / rates.rival,
        goal: counts ? { of: 'ratio', at: 'least', value: 0.8 } : null,
        notes: [],
      });
    }
    return findings;
  } finally {
    await Promise.all([server.stop(), rival.stop()]);
  }
}
