import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { residentBytesOf } from '../../stress/server-process.js';
import { createVmOn } from '../api.js';
import { startServer } from '../processes.js';
import type { Finding } from '../row.js';

const IDLE_FLEET = fileURLToPath(new URL('../idle-fleet.ts', import.meta.url));

const MAPPED_HEAP = fileURLToPath(new URL('../mapped-heap.ts', import.meta.url));

/** Servers filled up to their default bounds with idle VMs. */
const CROWDS = [
  { size: '100 k vCPUs', vms: 2000, config: { vcpus: 50 } },
  { size: '10,000 VMs of the default configuration', vms: 10_000, config: {} },
] as const;
type Crowd = (typeof CROWDS)[number];

/** Heap of an idle vCPU, and memory of servers full of idle ones. */
export async function memory(): Promise<Finding[]> {
  const residents: Finding[] = [];
  for (const crowd of CROWDS) residents.push(await residentServer(crowd));
  return [heapOfVcpu(), heapOfMappedVcpu(), ...residents];
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

async function residentServer({ size, vms, config }: Crowd): Promise<Finding> {
  const server = await startServer();
  try {
    for (let i = 0; i < vms; i += 1) await createVmOn(server.port, config);
    const bytes = residentBytesOf(server.pid);
    return {
      work: `resident memory of a server with ${size}`,
      measured: bytes === null ? null : { value: bytes / 2 ** 20, unit: 'MiB' },
      rival: null,
      ratio: null,
      goal: { of: 'measured', at: 'most', value: 1024 },
      notes: bytes === null ? ['Other processes can only be measured where there is /proc.'] : [],
    };
  } finally {
    await server.stop();
  }
}
