import Fastify from 'fastify';
import { expect, test } from 'vitest';
import type { HistoryRecord } from '../../src/journal/index.js';
import { WORKLOADS } from '../../src/lab/index.js';
import { createChance } from '../../src/lab/workloads/chance.js';
import { step, type Vcpu } from '../../src/mmu/index.js';
import { Command, type CommandInput, VmConfig } from '../../src/mmu/schema/index.js';
import { applyOne } from '../../src/server/batches/batch.js';
import { Fleet } from '../../src/server/fleet/fleet.js';
import type { FleetVm } from '../../src/server/fleet/fleet-vm.js';
import { digestOf } from '../../src/server/history/digest.js';
import { Timeline } from '../../src/server/history/timeline.js';
import { DEFAULT_LIMITS, type Limits } from '../../src/server/wire/bounds.js';
import { plainIds } from './start.js';

function startLab(limits: Partial<Limits> = {}, model = { step }) {
  const fleet = new Fleet({
    limits: { ...DEFAULT_LIMITS, ...limits },
    log: Fastify().log,
    ids: plainIds,
    model,
  });
  return { fleet, timeline: new Timeline(fleet) };
}

type Lab = ReturnType<typeof startLab>;

const POLICIES = { 'need-sync-posted': 1, mainline: 2 } as const;

/** Lets a workload run, taken back now and then; returns every record as it was made, and states. */
async function live(lab: Lab, name: keyof typeof WORKLOADS, commands: number, seed: number) {
  const { configOf, commandsOf } = WORKLOADS[name];
  const policy = seed === POLICIES.mainline ? 'mainline' : 'need-sync-posted';
  const config = VmConfig.parse({ ...configOf({ commands }), policy });
  const entry = await lab.fleet.create({ config });
  const records: HistoryRecord[] = [];
  const states = new Map<number, string>();
  const chance = createChance(seed);
  const note = () => {
    while (records.length < entry.ring.head) {
      records.push(entry.ring.at(records.length + 1) as HistoryRecord);
    }
    if (chance.below(400) === 0) states.set(entry.ring.head, digestOf(entry.vm));
  };
  const { timeline } = lab;
  let count = 0;
  for (const command of commandsOf({ commands }, seed)) {
    applyOne(lab.fleet, entry, command as Command);
    note();
    count += 1;
    if (count === 300) timeline.take(entry, 'early');
    if (count === Math.floor(commands * 0.6)) timeline.restore(entry, 'early');
    if (count === Math.floor(commands * 0.8)) await timeline.reset(entry);
    note();
  }
  return { entry, records, states };
}

const shownBy = (entry: FleetVm, from: number, to: number) => {
  const shown: (HistoryRecord | undefined)[] = [];
  for (let seq = from; seq <= to; seq += 1) shown.push(entry.ring.at(seq));
  return shown;
};

test.each([
  ['shootdown', 6000, 1],
  ['pcid-churn', 6000, 1],
  ['nested-shadow', 6000, 2],
  ['hostile', 5000, 1],
] as const)('packed records of %s are made again as they were', async (name, commands, seed) => {
  const lab = startLab();
  const { entry, records, states } = await live(lab, name, commands, seed);
  const { head, oldest } = entry.ring;
  expect(oldest).toBe(1);
  expect(head).toBeGreaterThan(16_384);
  expect(shownBy(entry, 1, head)).toEqual(records);
  const chance = createChance(seed);
  for (let i = 0; i < 20; i += 1) {
    const seq = 1 + chance.below(head);
    expect(entry.ring.at(seq)).toEqual(records[seq - 1]);
  }
  for (const [seq, digest] of states) {
    expect(digestOf(await lab.timeline.stateAt(entry, seq)), `at ${seq}`).toBe(digest);
  }
});

test('a command with more events than a chunk holds is made again as it was', async () => {
  const pages = 5000;
  const zapping: typeof step = (vm, command, emit) => {
    const outcome = step(vm, command, emit);
    if (command.kind !== 'zap-all') return outcome;
    for (let page = 1; page <= pages; page += 1) {
      emit?.(vm.vcpus[0] as Vcpu, { kind: 'page-synced', hpa: page * 4096, gfn: page });
    }
    return outcome;
  };
  const { fleet } = startLab({}, { step: zapping });
  const entry = await fleet.create({ config: VmConfig.parse({}) });
  const run = (input: CommandInput) => applyOne(fleet, entry, Command.parse(input));
  for (let i = 0; i < 40; i += 1) run({ kind: 'load-root', vcpu: 0, pgd: '0x100000' });
  const { seq, events } = run({ kind: 'zap-all', vcpu: 0 });
  expect(events.length).toBeGreaterThan(pages);
  const [from, to] = [seq - 20, seq + events.length];
  const asTold = shownBy(entry, from, to);
  for (let i = 0; i < 10_000; i += 1) run({ kind: 'load-root', vcpu: 0, pgd: '0x200000' });
  expect(shownBy(entry, from, to)).toEqual(asTold);
  // What comes behind it is made by the machine that stands behind all of its events.
  expect(shownBy(entry, to + 1, to + 2).map((record) => record?.type)).toEqual([
    ...['command', 'event'],
  ]);
});

test('ten million packed records fit into the history of all VMs, which gets its room back', async () => {
  const lab = startLab();
  const { entry } = await live(lab, 'pcid-churn', 12_000, POLICIES.mainline);
  const before = { head: entry.ring.head, weight: lab.fleet.budget.records };
  const commands = WORKLOADS['pcid-churn'].commandsOf({ commands: 12_000 }, 2);
  for (const command of commands) applyOne(lab.fleet, entry, command as Command);
  const weight = lab.fleet.budget.records - before.weight;
  const ofTenMillion = (10_000_000 * weight) / (entry.ring.head - before.head);
  expect(ofTenMillion).toBeLessThan(DEFAULT_LIMITS.historyRecords);
  lab.fleet.delete(entry.id);
  expect(lab.fleet.budget.records).toBe(0);
});

test('over the bound of a VM the oldest is forgotten, and what is left is as it was', async () => {
  const lab = startLab({ historyRecordsPerVm: 30_000 });
  const { entry, records } = await live(lab, 'pcid-churn', 12_000, POLICIES.mainline);
  const { head, oldest } = entry.ring;
  expect(head - oldest).toBeLessThanOrEqual(30_000);
  expect(head - oldest).toBeGreaterThan(15_000);
  expect(entry.ring.at(oldest - 1)).toBe(undefined);
  expect(shownBy(entry, oldest, head)).toEqual(records.slice(oldest - 1));
});
