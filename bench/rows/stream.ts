import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVmOn, demand } from '../api.js';
import { startRival, startServer } from '../processes.js';
import { compare } from '../rounds.js';
import type { Finding } from '../row.js';
import { framesOf, secondsToReceive } from '../stream-load.js';

const COMMANDS_PER_BATCH = 2000;
const BATCHES = 6;
/** Bound of history, above the number of records that the batches make. */
const HISTORY = '1000000';

/**
 * The events of a VM, sent to a WebSocket client from the beginning, against `ws` alone, which sends
 * the same bytes frame by frame.
 */
export async function stream(): Promise<Finding[]> {
  const directory = mkdtempSync(join(tmpdir(), 'mmulab-bench-'));
  const server = await startServer(
    '--history-records-per-vm',
    HISTORY,
    '--history-records',
    HISTORY,
  );
  try {
    const path = await fill(server.port);
    const frames = await framesOf(server.port, path);
    const file = join(directory, 'frames');
    writeFileSync(file, frames.join('\n'));
    const rival = await startRival('bare-stream', file);
    try {
      return await findings({ server: server.port, rival: rival.port, path, frames });
    } finally {
      await rival.stop();
    }
  } finally {
    await server.stop();
    rmSync(directory, { recursive: true });
  }
}

interface Contest {
  readonly server: number;
  readonly rival: number;
  readonly path: string;
  readonly frames: readonly string[];
}

async function findings({ server, rival, path, frames }: Contest): Promise<Finding[]> {
  const seconds = await compare({
    ours: () => secondsToReceive(server, path, frames),
    rival: () => secondsToReceive(rival, path, frames),
  });
  const unit = 'frames/s';
  const rate = frames.length / seconds.ours;
  const comparison: Finding = {
    work: `WebSocket: ${frames.length} frames of a VM's history to one client`,
    measured: { value: rate, unit },
    rival: { name: 'bare ws, the same bytes', value: frames.length / seconds.rival, unit },
    ratio: seconds.rival / seconds.ours,
    goal: { of: 'ratio', at: 'least', value: 0.8 },
    notes: [],
  };
  const alone: Finding = {
    work: 'the same, on its own',
    measured: { value: rate, unit },
    rival: null,
    ratio: null,
    goal: { of: 'measured', at: 'least', value: 100_000 },
    notes: [],
  };
  return [comparison, alone];
}

/**
 * Creates a VM with a history.
 *
 * @returns Path of its stream.
 */
async function fill(port: number): Promise<string> {
  const vm = await createVmOn(port);
  const body = Array.from({ length: COMMANDS_PER_BATCH }, (_, i) => ({
    kind: 'mov-cr3',
    vcpu: 0,
    value: `0x${(0x100 + (i % 6)).toString(16)}000`,
  }));
  for (let i = 0; i < BATCHES; i += 1) {
    await demand(port, 'POST', `/v1/vms/${vm}/commands`, body);
  }
  return `/v1/vms/${vm}/events?after=0`;
}
