import { createVmOn } from '../api.js';
import { answersPerSecond, postOf } from '../http-load.js';
import { linesPerSecond } from '../line-load.js';
import { startServer } from '../processes.js';
import { compare } from '../rounds.js';
import type { Finding } from '../row.js';

const COMMANDS_PER_BATCH = 2000;
const BATCHES_PER_STREAM = 16;
const CONNECTIONS = 4;

/** The same commands, line by line in streams and in batches, each with its events and without. */
export async function ndjson(): Promise<Finding[]> {
  const server = await startServer();
  try {
    const vm = await createVmOn(server.port);
    const findings: Finding[] = [];
    for (const events of ['without', 'with'] as const) {
      const path = `/v1/vms/${vm}/commands${events === 'with' ? '?events=true' : ''}`;
      const batch = postOf(path, `[${commands(COMMANDS_PER_BATCH).join(',')}]`);
      const lines = commands(COMMANDS_PER_BATCH * BATCHES_PER_STREAM);
      const stream = postOf(path, `${lines.join('\n')}\n`, 'application/x-ndjson');
      const { port } = server;
      const { ours, rival } = await compare({
        ours: () =>
          linesPerSecond({ port, request: stream, connections: CONNECTIONS, lines: lines.length }),
        rival: async () =>
          COMMANDS_PER_BATCH *
          (await answersPerSecond({
            port,
            request: batch,
            connections: CONNECTIONS,
            answers: BATCHES_PER_STREAM * CONNECTIONS,
          })),
      });
      findings.push({
        work: `load-root as NDJSON, results ${events} events`,
        measured: { value: ours, unit: 'commands/s' },
        rival: { name: `batches of ${COMMANDS_PER_BATCH}`, value: rival, unit: 'commands/s' },
        ratio: ours / rival,
        goal: { of: 'ratio', at: 'least', value: 0.8 },
        notes: [],
      });
    }
    return findings;
  } finally {
    await server.stop();
  }
}

/** Switches between four roots in turn, each of which is in the cache. */
function commands(count: number): string[] {
  return Array.from(
    { length: count },
    (_, i) => `{"kind":"load-root","vcpu":0,"pgd":"0x${(0x100 + (i % 4)).toString(16)}000"}`,
  );
}
