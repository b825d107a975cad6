import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { type Chance, createChance } from '../../src/lab/workloads/chance.js';
import { Command, type CommandInput, VmConfig } from '../../src/mmu/schema/index.js';
import { applyOne } from '../../src/server/batches/batch.js';
import { Fleet } from '../../src/server/fleet/fleet.js';
import type { FleetVm } from '../../src/server/fleet/fleet-vm.js';
import { digestOf } from '../../src/server/history/digest.js';
import { Timeline } from '../../src/server/history/timeline.js';
import { DEFAULT_LIMITS, type Limits } from '../../src/server/wire/bounds.js';
import { plainIds } from './start.js';

const ROOTS = ['0x100000', '0x101001', '0x102002', '0x8000000000103003', '0x104004'];

/** Words that are written at the start: one page of memory, or 32. */
const FILLED = { few: 1, many: 16_384 };

function startLab(limits: Partial<Limits> = {}, filled = FILLED.few) {
  const fleet = new Fleet({
    limits: { ...DEFAULT_LIMITS, ...limits },
    log: Fastify().log,
    ids: plainIds,
  });
  const timeline = new Timeline(fleet);
  const fill = { gpa: '0x800000', count: filled, stride: 8, first: '0x1', step: '0x1' };
  const config = {
    vcpus: 2,
    registers: { cr3: '0x100000', cr4: '0x200a0' },
    memory: { fills: [fill] },
  };
  const create = () => fleet.create({ config: VmConfig.parse(config) });
  return { fleet, timeline, create };
}

function commandBy(chance: Chance): CommandInput {
  const vcpu = chance.below(2);
  const gva = `0x${(0x8000000000 + chance.below(16) * 4096).toString(16)}`;
  const kinds: CommandInput[] = [
    { kind: 'mov-cr3', vcpu, value: chance.of(ROOTS) },
    { kind: 'read', vcpu, gva },
    { kind: 'write', vcpu, gva, value: '0x77' },
    { kind: 'invpcid', vcpu, type: chance.below(4), pcid: chance.below(4), gva },
    { kind: 'enter', vcpu },
    { kind: 'make-request', vcpu, request: 'TLB_FLUSH' },
  ];
  return chance.of(kinds);
}

/** Runs commands by chance, with a reset, a snapshot or a restoration now and then. */
async function live(lab: ReturnType<typeof startLab>, entry: FleetVm, steps: number, seed: number) {
  const chance = createChance(seed);
  /** Digest by the first `seq` at which a state held. */
  const states = new Map([[0, digestOf(entry.vm)]]);
  for (const i of [0, 1, 2, 3]) {
    const [root, tables] = [0x100000 + i * 0x1000, 0x300000 + i * 0x10000];
    const range = { address: '0x8000000000', gpa: '0x200000', pages: 12 };
    const at = { root: `0x${root.toString(16)}`, tables: `0x${tables.toString(16)}` };
    const { seq } = applyOne(
      lab.fleet,
      entry,
      Command.parse({ kind: 'map', vcpu: 0, ...at, ...range }),
    );
    states.set(seq, digestOf(entry.vm));
  }
  let name = 0;
  for (let i = 0; i < steps; i += 1) {
    const before = entry.ring.head + 1;
    const dice = chance.below(200);
    const snapshots = [...lab.timeline.snapshots.of(entry.id).keys()];
    if (dice === 0) await lab.timeline.reset(entry);
    else if (dice < 4 && snapshots.length > 0) {
      lab.timeline.restore(entry, chance.of(snapshots));
    } else if (dice < 6) {
      lab.timeline.take(entry, `s${name}`);
      name += 1;
      if (snapshots.length > 3) lab.timeline.snapshots.delete(entry.id, snapshots[0] as string);
      continue;
    } else applyOne(lab.fleet, entry, Command.parse(commandBy(chance)));
    states.set(before, digestOf(entry.vm));
  }
  return states;
}

test.each([
  [1, 8192, 300, 'few'],
  [2, 600, 1500, 'few'],
  [3, 2600, 1500, 'few'],
  [4, 2600, 1500, 'many'],
  [5, 600, 1000, 'many'],
] as const)('every moment that is kept can be gone to (seed %i, %i records)', async (...row) => {
  const [seed, max, steps, filled] = row;
  const lab = startLab({ historyRecordsPerVm: max }, FILLED[filled]);
  const entry = await lab.create();
  const states = await live(lab, entry, steps, seed);
  const { oldest, head } = entry.ring;
  expect(oldest > 1).toBe(max < 3000);
  let expected: string | undefined;
  for (let seq = 0; seq <= head; seq += 1) {
    expected = states.get(seq) ?? expected;
    if (seq < oldest - 1 || (seq % 7 > 0 && seq > oldest + 20)) continue;
    expect(digestOf(await lab.timeline.stateAt(entry, seq)), `at ${seq}`).toBe(expected);
  }
});

test('a moment before what is kept is told from where history is kept', async () => {
  const lab = startLab({ historyRecordsPerVm: 600 });
  const entry = await lab.create();
  for (let i = 0; i < 1000; i += 1)
    applyOne(lab.fleet, entry, Command.parse({ kind: 'enter', vcpu: 0 }));
  const { oldest } = entry.ring;
  await expect(lab.timeline.stateAt(entry, oldest - 2)).rejects.toMatchObject({
    code: 'events-expired',
    message: `Cannot go to ${oldest - 2}: history is kept from ${oldest}, and no snapshot was taken at ${oldest - 2}`,
    details: { oldest },
  });
});

test('a snapshot outlives the history in which it was taken', async () => {
  const lab = startLab({ historyRecordsPerVm: 300 });
  const entry = await lab.create();
  applyOne(lab.fleet, entry, Command.parse({ kind: 'mov-cr3', vcpu: 0, value: '0x101001' }));
  const { seq } = lab.timeline.take(entry, 'early');
  const early = digestOf(entry.vm);
  for (let i = 0; i < 400; i += 1)
    applyOne(lab.fleet, entry, Command.parse({ kind: 'enter', vcpu: 0 }));
  expect(entry.ring.oldest > seq + 1).toBe(true);
  expect(digestOf(await lab.timeline.stateAt(entry, seq))).toBe(early);
  lab.timeline.restore(entry, 'early');
  expect(digestOf(entry.vm)).toBe(early);
});

test('history of another VM may push out what a VM leans on, never half of it', async () => {
  const lab = startLab({ historyRecords: 3000 });
  const [quiet, busy] = [await lab.create(), await lab.create()];
  const states = await live(lab, quiet, 300, 8);
  const chance = createChance(9);
  while (quiet.ring.oldest < 300) applyOne(lab.fleet, busy, Command.parse(commandBy(chance)));
  const { oldest, head } = quiet.ring;
  let expected: string | undefined;
  for (let seq = 0; seq <= head; seq += 1) {
    expected = states.get(seq) ?? expected;
    if (seq < oldest - 1) continue;
    expect(digestOf(await lab.timeline.stateAt(quiet, seq)), `at ${seq}`).toBe(expected);
  }
  lab.fleet.delete(quiet.id);
  lab.fleet.delete(busy.id);
  expect(lab.fleet.budget.records).toBe(0);
});

test('a restored VM knows which requests were pending, and since when', async () => {
  const lab = startLab();
  const entry = await lab.create();
  const apply = (command: CommandInput) => applyOne(lab.fleet, entry, Command.parse(command));
  apply({ kind: 'enter', vcpu: 0 });
  const made = apply({ kind: 'make-request', vcpu: 0, request: 'TLB_FLUSH' }).events.find(
    ({ event }) => event.kind === 'request-made',
  )?.seq;
  lab.timeline.take(entry, 'pending');
  const service = () =>
    apply({ kind: 'enter', vcpu: 0 }).events.find(
      ({ event }) => event.kind === 'request-serviced' && event.request === 'TLB_FLUSH',
    )?.causedBy;
  expect(service()).toBe(made);
  apply({ kind: 'make-request', vcpu: 0, request: 'TLB_FLUSH' });
  lab.timeline.restore(entry, 'pending');
  expect(service()).toBe(made);
});

test('snapshots count what they share once, whichever of them goes', async () => {
  const lab = startLab();
  const entry = await lab.create();
  const { snapshots } = lab.timeline;
  const apply = (command: CommandInput) => applyOne(lab.fleet, entry, Command.parse(command));
  const bytesOf = () =>
    [...snapshots.of(entry.id).values()].map(
      ({ state, bytes }) => (bytes - state.rest.length) / 4096,
    );
  const range = { address: '0x8000000000', gpa: '0x800000', pages: 4, tables: '0x300000' };
  apply({ kind: 'map', vcpu: 0, root: '0x100000', ...range });
  const write = (page: number) =>
    apply({ kind: 'write', vcpu: 0, gva: `0x800000${page}000`, value: '0x5' });
  for (const page of [0, 1, 2, 3]) write(page);
  lab.timeline.take(entry, 'a');
  lab.timeline.take(entry, 'b');
  for (const page of [0, 1]) write(page);
  lab.timeline.take(entry, 'c');
  write(1);
  lab.timeline.take(entry, 'd');
  // Four pages, four tables of the guest, and what shadows those.
  expect(bytesOf()).toEqual([12, 0, 2, 1]);
  snapshots.delete(entry.id, 'c');
  expect(bytesOf()).toEqual([12, 0, 2]);
  snapshots.delete(entry.id, 'a');
  expect(bytesOf()).toEqual([12, 2]);
  lab.timeline.restore(entry, 'b');
  lab.timeline.take(entry, 'e');
  expect(bytesOf()).toEqual([12, 2, 2]);
  snapshots.delete(entry.id, 'd');
  expect(bytesOf()).toEqual([12, 0]);
  snapshots.delete(entry.id, 'b');
  snapshots.delete(entry.id, 'e');
  expect(bytesOf()).toEqual([]);
});
