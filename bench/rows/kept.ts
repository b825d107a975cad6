import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVmOn, demand } from '../api.js';
import { useOf } from '../process-use.js';
import { type Listener, startServer } from '../processes.js';
import { repeat, secondsOf } from '../rounds.js';
import type { Finding } from '../row.js';

const VMS = 10_000;
const COMMANDS_PER_VM = 100;

/** VMs with a longer past, each of which is woken once. */
const LONG_VMS = 6;
const COMMANDS_PER_LONG_VM = 10_000;

/** Commands of a batch. */
const BATCH = 1000;

/** Clients that fill the folder. */
const CLIENTS = 32;

/** Starts of the server that count. */
const STARTS = 3;

const GOALS = { restartMs: 5000, wakeMs: 50 };

/** VMs that were kept: start of a server that has 10,000 of them, and the first request about one. */
export async function kept(): Promise<Finding[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mmulab-bench-'));
  try {
    const long = await fill(folder);
    return [await restart(folder), ...(await wake(folder, long))];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns Ids of the VMs with a longer past. */
async function fill(folder: string): Promise<string[]> {
  const server = await startServer('--data', folder, '--vms', String(VMS + LONG_VMS));
  try {
    let left = VMS;
    const client = async () => {
      while (left > 0) {
        left -= 1;
        await createRun(server.port, COMMANDS_PER_VM);
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    const long: string[] = [];
    for (let i = 0; i < LONG_VMS; i += 1) {
      long.push(await createRun(server.port, COMMANDS_PER_LONG_VM));
    }
    return long;
  } finally {
    await server.stop();
  }
}

/** Makes a VM that switches between four roots so many times. */
async function createRun(port: number, count: number): Promise<string> {
  const vm = await createVmOn(port);
  for (let done = 0; done < count; done += BATCH) {
    const commands = Array.from({ length: Math.min(BATCH, count - done) }, (_, i) => ({
      ...{ kind: 'mov-cr3', vcpu: 0 },
      value: `0x${(0x100 + (i % 4)).toString(16)}000`,
    }));
    await demand(port, 'POST', `/v1/vms/${vm}/commands`, commands);
  }
  return vm;
}

async function restart(folder: string): Promise<Finding> {
  const startMs = async () => 1000 * (await secondsOf(() => listed(folder)));
  return {
    work: `start with ${VMS} kept VMs of ${COMMANDS_PER_VM} commands, until they are listed`,
    measured: { value: await repeat(startMs, STARTS), unit: 'ms' },
    rival: null,
    ratio: null,
    goal: { of: 'measured', at: 'most', value: GOALS.restartMs },
    notes: [],
  };
}

/** Starts a server, and ends it when it has told how many VMs there are. */
async function listed(folder: string): Promise<void> {
  const server = await startServer('--data', folder);
  try {
    const { total } = await demand<{ total: number }>(server.port, 'GET', '/v1/vms?limit=1');
    if (total !== VMS + LONG_VMS) throw new Error(`Cannot time the start: ${total} VMs are listed`);
  } finally {
    await server.stop();
  }
}

/** Wakes each of the VMs behind a crash, and once more when the next one has put it to sleep. */
async function wake(folder: string, long: readonly string[]): Promise<Finding[]> {
  const server = await startServer('--data', folder, '--vms', '1');
  try {
    const findings: Finding[] = [];
    for (const before of ['a crash', 'sleep']) {
      findings.push({
        work: `waking of a VM of ${COMMANDS_PER_LONG_VM} commands behind ${before}`,
        measured: { value: await wakeMs(server, long), unit: 'ms of CPU' },
        rival: null,
        ratio: null,
        goal: { of: 'measured', at: 'most', value: GOALS.wakeMs },
        notes: [],
      });
    }
    return findings;
  } finally {
    await server.stop();
  }
}

/**
 * Milliseconds of the server's CPU, on all its threads, for a request about a VM that has to be woken.
 * CPU, because whatever else runs on the machine makes a single request many times as long.
 */
async function wakeMs({ port, pid }: Listener, vms: readonly string[]): Promise<number> {
  const read = (vm: string) => demand(port, 'GET', `/v1/vms/${vm}`);
  const [first = '', ...others] = vms;
  await read(first);
  const use = await useOf(pid, async () => {
    for (const vm of others) await read(vm);
  });
  if (use === null) throw new Error('Cannot measure other processes: there is no /proc');
  return (1000 * use.cpuSeconds) / others.length;
}
