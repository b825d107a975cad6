import { createVmOn } from '../api.js';
import { COMMANDS } from '../commands.js';
import { answersPerSecond, postOf } from '../http-load.js';
import { useOf } from '../process-use.js';
import { type Listener, startRival, startServer } from '../processes.js';
import { compare } from '../rounds.js';
import type { Finding } from '../row.js';

const CONNECTIONS = 16;
const ANSWERS = 8000;

/** CPU of one command a request, relative to the rival's, that is allowed. */
const CPU_RATIO_MAX = 1.35;

/**
 * CPU of one command a request, against a bare Fastify route with the same schemas and compilers. CPU,
 * because the client takes its share of the time in which requests are answered.
 */
export async function command(): Promise<Finding[]> {
  const server = await startServer('--log-level', 'info');
  const rival = await startRival('bare-route');
  try {
    const vm = await createVmOn(server.port);
    const findings: Finding[] = [];
    for (const { kind, fields, counts } of COMMANDS) {
      const request = postOf(`/v1/vms/${vm}/vcpus/0/${kind}`, JSON.stringify(fields));
      const measure = (listener: Listener) => cpuMicroseconds(listener, request);
      const cost = await compare({ ours: () => measure(server), rival: () => measure(rival) });
      findings.push({
        work: `${kind}, one a request, over ${CONNECTIONS} connections`,
        measured: { value: cost.ours, unit: 'us of CPU a request' },
        rival: { name: 'bare Fastify route', value: cost.rival, unit: 'us of CPU a request' },
        ratio: cost.rival / cost.ours,
        goal: counts ? { of: 'ratio', at: 'least', value: 1 / CPU_RATIO_MAX } : null,
        notes: [],
      });
    }
    return findings;
  } finally {
    await Promise.all([server.stop(), rival.stop()]);
  }
}

async function cpuMicroseconds({ port, pid }: Listener, request: Buffer): Promise<number> {
  const use = await useOf(pid, () =>
    answersPerSecond({ port, request, connections: CONNECTIONS, answers: ANSWERS }),
  );
  if (use === null) throw new Error('Cannot measure other processes: there is no /proc');
  return (use.cpuSeconds * 1e6) / ANSWERS;
}
