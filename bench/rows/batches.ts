import { createVmOn } from '../api.js';
import { answersPerSecond, postOf } from '../http-load.js';
import { startServer } from '../processes.js';
import { repeat } from '../rounds.js';
import type { Finding } from '../row.js';

const COMMANDS_PER_BATCH = 2000;
const BATCHES = 24;
const CONNECTIONS = 4;

/** Commands in batches over HTTP: results alone, and results with their events. */
export async function batches(): Promise<Finding[]> {
  const server = await startServer();
  try {
    const vm = await createVmOn(server.port);
    const path = `/v1/vms/${vm}/commands`;
    return [
      await finding(server.port, { path, events: 'without', goal: 500_000 }),
      await finding(server.port, { path: `${path}?events=true`, events: 'with', goal: 150_000 }),
    ];
  } finally {
    await server.stop();
  }
}

async function finding(
  port: number,
  { path, events, goal }: { path: string; events: 'with' | 'without'; goal: number },
): Promise<Finding> {
  const request = postOf(path, batch());
  const rate = await repeat(() =>
    answersPerSecond({ port, request, connections: CONNECTIONS, answers: BATCHES }),
  );
  return {
    work: `MOV CR3 in batches of ${COMMANDS_PER_BATCH}, results ${events} events`,
    measured: { value: rate * COMMANDS_PER_BATCH, unit: 'commands/s' },
    rival: null,
    ratio: null,
    goal: { of: 'measured', at: 'least', value: goal },
    notes: [],
  };
}

/** Four roots in turn: each is found in the cache. */
function batch(): string {
  return JSON.stringify(
    Array.from({ length: COMMANDS_PER_BATCH }, (_, i) => ({
      kind: 'mov-cr3',
      vcpu: 0,
      value: `0x${(0x100 + (i % 4)).toString(16)}000`,
    })),
  );
}
