import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { askAgain } from '../ask.js';

/** VMs with much of something, by what they have much of. */
export interface Machines {
  /** As many records of history as are kept. */
  readonly busy: string;
  /** `seq` of the last record of it that is no longer kept. */
  readonly forgotten: number;
  /** All of its 64 MiB of memory written, and mapped. */
  readonly full: string;
  /** 64 vCPUs. */
  readonly wide: string;
  /** Twelve policies beside its own. */
  readonly raced: string;
  /** 30,000 shadow pages and as many translations. */
  readonly shadowed: string;
  /** 60,000 words of memory in its configuration. */
  readonly wordy: string;
  /** A million records, most of them packed. */
  readonly long: string;
  /** 64 vCPUs, each of which has done as much as the others. */
  readonly crowd: string;
  /** A race that has ended, not a VM: policies and slots as many as a race may have. */
  readonly job: string;
  /** A trace that was scored: a job as well. */
  readonly trace: string;
  /** The VM that was made of it. */
  readonly traced: string;
}

/** A trace of 16,000 lines. */
export const TRACE = gunzipSync(
  readFileSync(
    new URL(
      '../../conformance/kvm-traces/linux-6.1/vmx_shadow/p5_unsync.plain.txt.gz',
      import.meta.url,
    ),
  ),
)
  .toString('latin1')
  .repeat(12);

/** Small but many: the words of a body of nearly 4 MiB. */
export const WORDS = Array.from({ length: 60_000 }, (_, i) => ({
  gpa: `0x${(0x4000000 + i * 8).toString(16)}`,
  value: '0x123456789abcdef0',
}));

/** Batches of 10,000 commands, twelve records each, in the longest history. */
const LONG_BATCHES = 8;

/** A fill that writes one word in each page of 64 MiB. */
export const ALL_PAGES = {
  gpa: '0x4000000',
  count: 15_000,
  stride: 4096,
  first: '0x1',
  step: '0x1',
};

const POLICIES = [
  ...['need-sync', 'unsync-roots', 'cached-roots', 'invept-deferred', 'fill-holes', 'mainline'],
  ...['flush-on-reuse', 'never-cache', 'mainline-5.14', 'need-sync-posted'],
  ...['unsync-roots-posted', 'cached-roots-posted'],
];

/** The registers of all of them. */
const REGISTERS = { cr3: '0x100000', cr4: '0x200a0' };

/** Machines that are made in a second or so, and have the most memory and the longest configuration. */
export type LargeMachines = Pick<Machines, 'full' | 'wordy'>;

export async function createLargeMachines(port: number): Promise<LargeMachines> {
  const { create, run } = making(port);
  const full = await create({ memory: { fills: [ALL_PAGES] }, tags: { dear: 'full' } });
  await run(full, [mapped(16_000, '0x4000000'), ...touches(8000)]);
  return { full, wordy: await create({ memory: { words: WORDS } }) };
}

export async function createMachines(port: number): Promise<Machines> {
  const { create, run } = making(port);
  const machines: Machines = {
    ...(await createLargeMachines(port)),
    busy: await create({}),
    forgotten: 0,
    wide: await create({ vcpus: 64 }),
    raced: await create({ lanes: POLICIES.map((policy) => ({ policy })) }),
    shadowed: await create({ mmuPages: 65_536 }),
    long: await create({}),
    crowd: await create({ vcpus: 64 }),
    job: await ended(port, '/v1/races', {
      source: { kind: 'workload', name: 'kpti', parameters: { commands: 500 } },
      policies: POLICIES,
      prevRoots: [0, 3],
    }),
    trace: await ended(port, '/v1/traces?policy=mainline', TRACE),
    traced: '',
  };
  await run(machines.busy, switches(2000));
  await run(machines.raced, switches(2000));
  for (let i = 0; i < LONG_BATCHES; i += 1) await run(machines.long, switches(10_000));
  await run(machines.crowd, switches(10_000, 64));
  // A table for every entry of the level above: a shadow page for each access.
  for (let first = 0; first < 4; first += 1) await run(machines.shadowed, sparse(first));
  const made = await askAgain(port, 'POST', `/v1/traces/${machines.trace}/vms`, {});
  if (made.status !== 201) throw new Error(`Cannot make a VM: ${JSON.stringify(made.json)}`);
  const traced = (made.json as { readonly id: string }).id;
  return { ...machines, traced, forgotten: await forgottenOf(port, machines.busy) };
}

/** Makes VMs, and has them do something. */
function making(port: number) {
  const create = async (config: object) => {
    const body = { registers: REGISTERS, ...config };
    const { status, json } = await askAgain(port, 'POST', '/v1/vms', body);
    if (status !== 201) throw new Error(`Cannot create a VM: ${JSON.stringify(json)}`);
    return (json as { id: string }).id;
  };
  const run = async (vm: string, commands: readonly object[]) => {
    const { status, json } = await askAgain(port, 'POST', `/v1/vms/${vm}/commands`, commands);
    if (status !== 200) throw new Error(`Cannot prepare a VM: ${JSON.stringify(json)}`);
  };
  return { create, run };
}

/** A job that has ended. */
async function ended(port: number, path: string, body: unknown): Promise<string> {
  const { status, json } = await askAgain(port, 'POST', path, body);
  if (status !== 202) throw new Error(`Cannot start a job: ${JSON.stringify(json)}`);
  const { id } = json as { readonly id: string };
  for (;;) {
    const job = await askAgain(port, 'GET', `/v1/jobs/${id}`);
    if ((job.json as { readonly state: string }).state === 'done') return id;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** `seq` of the last record of a VM that is no longer kept. */
export async function forgottenOf(port: number, vm: string): Promise<number> {
  const page = await askAgain(port, 'GET', `/v1/vms/${vm}/events?limit=1`);
  return (page.json as { oldest: number }).oldest - 1;
}

/** Switches between address spaces, about twelve records each. */
export function switches(count: number, vcpus = 1): object[] {
  return Array.from({ length: count }, (_, i) => ({
    kind: 'mov-cr3',
    vcpu: i % vcpus,
    value: `0x${(0x100000 + (i % 7) * 0x1000 + (i % 5)).toString(16)}`,
  }));
}

/** Maps pages of 4 KiB from linear address 0x8000000000 on. */
export function mapped(pages: number, gpa = '0x0'): object {
  return {
    kind: 'map',
    vcpu: 0,
    root: '0x100000',
    address: '0x8000000000',
    gpa,
    pages,
    tables: '0x200000',
  };
}

/** Writes to as many mapped pages. */
export function touches(count: number): object[] {
  return Array.from({ length: count }, (_, i) => ({
    kind: 'write',
    vcpu: 0,
    gva: `0x${(0x8000000000 + i * 4096).toString(16)}`,
    value: '0x1',
  }));
}

/** Maps and touches pages 2 MiB apart: each has a table of its own. */
function sparse(part: number): object[] {
  const commands: object[] = [];
  for (let i = part * 1500; i < (part + 1) * 1500; i += 1) {
    const address = `0x${(0x8000000000 + i * 0x200000).toString(16)}`;
    // The first of them needs the upper levels as well.
    const tables = i === 0 ? '0x1f0000' : `0x${(0x200000 + i * 0x2000).toString(16)}`;
    const map = { kind: 'map', vcpu: 0, root: '0x100000', address, gpa: '0x100000', tables };
    commands.push(map, { kind: 'read', vcpu: 0, gva: address });
  }
  return commands;
}
