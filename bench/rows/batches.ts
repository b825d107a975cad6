import { createVmOn } from '../api.js';
import { COMMANDS } from '../commands.js';
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
    const findings: Finding[] = [];
    for (const { kind, fields, counts } of COMMANDS) {
      const body = batchOf(kind, Object.keys(fields)[0] as string);
      for (const events of ['without', 'with'] as const) {
        const query = events === 'with' ? '?events=true' : '';
        const request = postOf(`${path}${query}`, body);
        const rate = await repeat(() =>
          answersPerSecond({
            port: server.port,
            request,
            connections: CONNECTIONS,
            answers: BATCHES,
          }),
        );
        findings.push({
          work: `${kind} in batches of ${COMMANDS_PER_BATCH}, results ${events} events`,
          measured: { value: rate * COMMANDS_PER_BATCH, unit: 'commands/s' },
          rival: null,
          ratio: null,
          goal: counts ? { of: 'measured', at: 'least', value: GOALS[events] } : null,
          notes: [],
        });
      }
    }
    return findings;
  } finally {
    await server.stop();
  }
}

const GOALS = { without: 500_000, with: 150_000 };

/** Switches between four roots in turn, each of which is in the cache. */
function batchOf(kind: string, field: string): string {
  return JSON.stringify(
    Array.from({ length: COMMANDS_PER_BATCH }, (_, i) => ({
      kind,
      vcpu: 0,
      [field]: `0x${(0x100 + (i % 4)).toString(16)}000`,
    })),
  );
}
