import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVmOn } from '../api.js';
import { answersPerSecond, type Load, postOf } from '../http-load.js';
import { type Listener, startServer } from '../processes.js';
import { compare } from '../rounds.js';
import type { Finding } from '../row.js';

const COMMANDS_PER_BATCH = 2000;

/** Share of the pace in memory that is to be left. */
const GOALS = { batches: 0.7, single: 0.6 };

/**
 * Pace of a server that keeps its VMs on disk, and answers once what it tells is there, beside that of
 * one that keeps them in memory.
 */
export async function durable(): Promise<Finding[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mmulab-bench-'));
  const kept = await startServer('--data', folder);
  const inMemory = await startServer();
  try {
    const findings: Finding[] = [];
    for (const { work, goal, ...sent } of LOADS) {
      const pace = await compare({
        ours: await paceOf(kept, sent),
        rival: await paceOf(inMemory, sent),
      });
      const unit = 'commands/s';
      findings.push({
        work,
        measured: { value: pace.ours * sent.commands, unit },
        rival: { name: 'in memory', value: pace.rival * sent.commands, unit },
        ratio: pace.ours / pace.rival,
        goal: { of: 'ratio', at: 'least', value: goal },
        notes: [],
      });
    }
    return findings;
  } finally {
    await Promise.all([kept.stop(), inMemory.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Sent extends Pick<Load, 'connections' | 'answers'> {
  /** Path below that of a VM. */
  readonly path: string;
  readonly body: string;
  /** Commands of a request. */
  readonly commands: number;
}

const LOADS: readonly (Sent & { readonly work: string; readonly goal: number })[] = [
  {
    work: `load-root on disk, in batches of ${COMMANDS_PER_BATCH}`,
    path: 'commands',
    body: JSON.stringify(
      Array.from({ length: COMMANDS_PER_BATCH }, (_, i) => ({
        kind: 'load-root',
        vcpu: 0,
        pgd: `0x${(0x100 + (i % 4)).toString(16)}000`,
      })),
    ),
    commands: COMMANDS_PER_BATCH,
    connections: 4,
    answers: 24,
    goal: GOALS.batches,
  },
  {
    work: 'load-root on disk, one a request, over 64 connections',
    path: 'vcpus/0/load-root',
    body: '{"pgd":"0x100000"}',
    commands: 1,
    connections: 64,
    answers: 8000,
    goal: GOALS.single,
  },
];

/** Measures the requests a second of a server, on a VM of its own. */
async function paceOf(
  { port }: Listener,
  { path, body, connections, answers }: Sent,
): Promise<() => Promise<number>> {
  const request = postOf(`/v1/vms/${await createVmOn(port)}/${path}`, body);
  return () => answersPerSecond({ port, request, connections, answers });
}
