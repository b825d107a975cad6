import type { Vm } from '../../src/mmu/index.js';
import type { CommandInput, Command as ModelCommand } from '../../src/mmu/schema/index.js';
import {
  Command,
  createVm,
  decodeVm,
  encodeVm,
  freezeVm,
  step,
  thawVm,
  VmConfig,
} from '../built.js';
import { compare, secondsOf } from '../rounds.js';
import type { Finding } from '../row.js';

/** Pages of guest memory: nearly as many as a VM may have, 64 MiB. */
const PAGES = 16_000;

/** Pages that are written between two forks. */
const CHANGED = 10;

/** Forks of a round. */
const TIMES = 300;

/** Least speed of work on a few pages of a large memory, relative to a small memory. */
const AT_LEAST = 0.2;

/** Snapshot, restoration and fork of a VM with much memory, against one with nearly none. */
export async function shared(): Promise<Finding[]> {
  const [large, small] = [createFilledVm(PAGES), createFilledVm(CHANGED)];
  const row = async (title: string, work: (vm: Vm) => unknown) => {
    const { ours, rival } = await compare({
      ours: () => microseconds(TIMES, () => work(large)),
      rival: () => microseconds(TIMES, () => work(small)),
    });
    return finding(title, { name: 'with those pages alone', ours, rival, atLeast: AT_LEAST });
  };
  const kept = new Map([large, small].map((vm) => [vm, freezeVm(vm)]));
  return [
    await row(`write to ${CHANGED} pages and take a snapshot`, (vm) => {
      change(vm);
      freezeVm(vm);
    }),
    await row('restore a snapshot', (vm) =>
      thawVm(vm.config, kept.get(vm) as ReturnType<typeof freezeVm>),
    ),
    await row(`write to ${CHANGED} pages and fork`, fork),
    await againstBytes(large),
  ];
}

async function againstBytes(vm: Vm): Promise<Finding> {
  const { ours, rival } = await compare({
    ours: () => microseconds(TIMES, () => fork(vm)),
    rival: () => microseconds(3, () => decodeVm(vm.config, encodeVm(vm).bytes)),
  });
  const title = `write to ${CHANGED} pages and fork`;
  return finding(title, { name: 'encode and decode', ours, rival, atLeast: 100 });
}

function fork(vm: Vm): void {
  change(vm);
  thawVm(vm.config, freezeVm(vm));
}

const WRITES = Array.from({ length: CHANGED }, (_, i) =>
  Command.parse({
    kind: 'write',
    vcpu: 0,
    gva: `0x${(0x8000000000 + i * 4096).toString(16)}`,
    value: '0x77',
  }),
);

function change(vm: Vm): void {
  for (const write of WRITES) run(vm, write);
}

/** A VM whose pages are all in use; its vCPU has mapped the pages that are changed. */
function createFilledVm(pages: number): Vm {
  const fill = { gpa: '0x10000000', count: pages, stride: 4096, first: '0x1', step: '0x1' };
  const vm = createVm(
    VmConfig.parse({ registers: { cr3: '0x100000' }, memory: { fills: [fill] } }),
  );
  const map: CommandInput = {
    kind: 'map',
    vcpu: 0,
    root: '0x100000',
    address: '0x8000000000',
    gpa: '0x10000000',
    pages: CHANGED,
    tables: '0x200000',
  };
  run(vm, Command.parse(map));
  change(vm);
  return vm;
}

function run(vm: Vm, command: ModelCommand): void {
  const outcome = step(vm, command, null);
  if (outcome.kind !== 'ok') throw new Error(`Cannot change the VM: ${JSON.stringify(outcome)}`);
}

async function microseconds(times: number, work: () => unknown): Promise<number> {
  const seconds = await secondsOf(() => {
    for (let i = 0; i < times; i += 1) work();
  });
  return (seconds / times) * 1e6;
}

function finding(
  title: string,
  { name, ours, rival, atLeast }: { name: string; ours: number; rival: number; atLeast: number },
): Finding {
  return {
    work: `${title}, a VM with ${PAGES} pages of memory`,
    measured: { value: ours, unit: 'us' },
    rival: { name, value: rival, unit: 'us' },
    ratio: rival / ours,
    goal: { of: 'ratio', at: 'least', value: atLeast },
    notes: [],
  };
}
