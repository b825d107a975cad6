import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createVmOn } from '../api.js';
import { startServer } from '../processes.js';
import type { Finding } from '../row.js';

const IDLE_FLEET = fileURLToPath(new URL('../idle-fleet.ts', import.meta.url));

const MAPPED_HEAP = fileURLToPath(new URL('../mapped-heap.ts', import.meta.url));

const VCPUS = 100_000;
const VCPUS_PER_VM = 50;

/** What an idle vCPU takes of the heap, and a server with a hundred thousand of memory. */
export async function memory(): Promise<Finding[]> {
  return [heapOfVcpu(), heapOfMappedVcpu(), await residentServer()];
}

function heapOfVcpu(): Finding {
  const args = ['--expose-gc', ...process.execArgv, IDLE_FLEET];
  const bytes = Number(execFileSync(process.execPath, args).toString());
  return {
    work: 'heap of an idle vCPU, in VMs of 64',
    measured: { value: bytes, unit: 'bytes' },
    rival: null,
    ratio: null,
    goal: { of: 'measured', at: 'most', value: 2048 },
    notes: [],
  };
}

function heapOfMappedVcpu(): Finding {
  const args = ['--expose-gc', ...process.execArgv, MAPPED_HEAP];
  const bytes = Number(execFileSync(process.execPath, args).toString());
  return {
    work: 'a VM of one vCPU with 1,000 mapped pages, their tables, shadow and TLB entries',
    measured: { value: bytes / 1024, unit: 'KiB' },
    rival: null,
    ratio: null,
    goal: null,
    notes: [],
  };
}

async function residentServer(): Promise<Finding> {
  const server = await startServer();
  try {
    const config = { vcpus: VCPUS_PER_VM };
    for (let i = 0; i < VCPUS / VCPUS_PER_VM; i += 1) await createVmOn(server.port, config);
    const bytes = residentBytes(server.pid);
    return {
      work: `resident memory of a server with ${VCPUS / 1000} k vCPUs`,
      measured: bytes === null ? null : { value: bytes / 2 ** 20, unit: 'MiB' },
      rival: null,
      ratio: null,
      goal: { of: 'measured', at: 'most', value: 1024 },
      notes: bytes === null ? ['Another process can only be measured where there is /proc.'] : [],
    };
  } finally {
    await server.stop();
  }
}

/** @returns Null where there is no /proc. */
function residentBytes(pid: number): number | null {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return null;
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(file, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}
