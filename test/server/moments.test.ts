import fc from 'fast-check';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { WORKLOADS } from '../../src/lab/index.js';
import { createChance } from '../../src/lab/workloads/chance.js';
import { step } from '../../src/mmu/index.js';
import { type Command, VmConfig } from '../../src/mmu/schema/index.js';
import { applyOne } from '../../src/server/batches/batch.js';
import { Fleet } from '../../src/server/fleet/fleet.js';
import type { FleetVm } from '../../src/server/fleet/fleet-vm.js';
import { digestOf } from '../../src/server/history/digest.js';
import { Moments } from '../../src/server/history/moments.js';
import { Timeline } from '../../src/server/history/timeline.js';
import { BOUNDS, DEFAULT_LIMITS } from '../../src/server/wire/bounds.js';
import { run } from '../mmu/random-commands.js';
import { ask, plainIds, startApp } from './start.js';

type App = Awaited<ReturnType<typeof startApp>>;

const CR3 = '0x1000';
const VM = { vcpus: 2, registers: { cr3: CR3, cr4: '0x200a0' } };

/** Every dump of a moment, by the path behind its VM. */
const DUMPS = [
  'vcpus?',
  'vcpus/0?',
  'vcpus/1/tlb?',
  'vcpus/0/tlb?',
  'vcpus/0/walk?gva=0x400000&',
  'vcpus/1/explain?pgd=0x101000&',
  'vcpus/0/allowed?gva=0x400000&',
  'shadow-pages?limit=1000&',
  'memory?gpa=0x10000&bytes=32768&',
];

/** A body without the number of its moment: a fork counts its own. */
async function body(app: App, url: string) {
  const { status, json } = await ask(app, 'GET', url);
  expect(status).toBe(200);
  const { seq: _, ...rest } = json;
  return rest;
}

async function isAsForked(app: App, at: number) {
  const { json: fork } = await ask(app, 'POST', '/v1/vms/vm-1/fork', { seq: at });
  for (const path of DUMPS) {
    const past = await body(app, `/v1/vms/vm-1/${path}at=${at}`);
    expect(past, `${path} at ${at}`).toEqual(await body(app, `/v1/vms/${fork.id}/${path}`));
  }
  await ask(app, 'DELETE', `/v1/vms/${fork.id}`);
}

test('whatever befell a VM, a moment is what a fork at it would say', async () => {
  const seeds = fc.sample(run, { numRuns: 5, seed: 20261130 });
  for (const [index, { config, commands }] of seeds.entries()) {
    const app = await startApp();
    await ask(app, 'POST', '/v1/vms', { ...config, vcpus: 2, oracle: 'on' });
    for (const command of commands) await ask(app, 'POST', '/v1/vms/vm-1/commands', [command]);
    await ask(app, 'POST', '/v1/vms/vm-1/snapshots', { name: 'middle' });
    await ask(app, 'POST', '/v1/vms/vm-1/commands', [{ kind: 'zap-all', vcpu: 0 }]);
    await ask(app, 'POST', '/v1/vms/vm-1/snapshots/middle/restore');
    await ask(app, 'POST', '/v1/vms/vm-1/commands', [{ kind: 'enter', vcpu: 0 }]);
    const { head } = (await ask(app, 'GET', '/v1/vms/vm-1/timeline')).json;
    const chance = createChance(index);
    for (let i = 0; i < 8; i += 1) await isAsForked(app, chance.below(head + 1));
  }
});

test('machines at past moments are few, and one that stands nearer goes on from there', async () => {
  let steps = 0;
  const model = {
    step: (...of: Parameters<typeof step>) => {
      steps += 1;
      return step(...of);
    },
  };
  const fleet = new Fleet({ limits: DEFAULT_LIMITS, log: Fastify().log, ids: plainIds, model });
  const moments = new Moments(fleet, new Timeline(fleet));
  const { configOf, commandsOf } = WORKLOADS['pcid-churn'];
  const commands = { commands: 400 };
  const config = VmConfig.parse(configOf(commands));
  const vms = await Promise.all([1, 2, 3].map(() => fleet.create({ config })));
  for (const entry of vms) {
    for (const command of commandsOf(commands, 1)) applyOne(fleet, entry, command as Command);
  }
  const [first] = vms as [FleetVm];
  const { head } = first.ring;
  const look = async (entry: FleetVm, at: number) => {
    steps = 0;
    const state = await moments.look(entry, at, ({ vm }) => digestOf(vm));
    return { state, steps };
  };
  const cold = await look(first, head - 40);
  const again = await look(first, head - 40);
  expect(again).toEqual({ state: cold.state, steps: 0 });
  const near = await look(first, head - 20);
  expect(near.steps).toBeLessThan(20);
  expect(near.steps).toBeGreaterThan(0);
  const back = await look(first, head - 60);
  expect(back.steps).toBeLessThanOrEqual(256);
  for (let i = 0; i < 30; i += 1) await look(vms[i % 3] as FleetVm, head - 11 * i - 1);
  expect(moments.size).toBe(BOUNDS.momentMachines.value);
  fleet.delete(first.id);
  expect(moments.size).toBeLessThan(BOUNDS.momentMachines.value);
});

test('a look at the past changes nothing', async () => {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms', VM);
  await ask(app, 'POST', '/v1/vms/vm-1/commands', [
    { kind: 'enter', vcpu: 0 },
    { kind: 'mov-cr3', vcpu: 0, value: '0x2001' },
    { kind: 'enter', vcpu: 0 },
  ]);
  const digest = await body(app, '/v1/vms/vm-1/digest');
  const past = await body(app, '/v1/vms/vm-1/digest?seq=5');
  for (const path of DUMPS) await body(app, `/v1/vms/vm-1/${path}at=5`);
  expect(await body(app, '/v1/vms/vm-1/digest')).toEqual(digest);
  expect(await body(app, '/v1/vms/vm-1/digest?seq=5')).toEqual(past);
});

test('a moment of the future, of a VM that is gone, or that is forgotten is refused', async () => {
  const app = await startApp({ limits: { historyRecordsPerVm: 300 } });
  await ask(app, 'POST', '/v1/vms', VM);
  const ahead = await ask(app, 'GET', '/v1/vms/vm-1/vcpus/0?at=1');
  expect(ahead.status).toBe(400);
  expect(ahead.json.detail).toBe('Cannot go to 1: the newest of VM "vm-1" is 0');
  const moves = Array.from({ length: 400 }, (_, i) => ({
    kind: 'mov-cr3',
    vcpu: 0,
    value: `0x${(4096 * (1 + (i % 9))).toString(16)}`,
  }));
  await ask(app, 'POST', '/v1/vms/vm-1/commands', moves);
  expect((await ask(app, 'GET', '/v1/vms/vm-1/vcpus/0?at=1')).json.code).toBe('events-expired');
  expect((await ask(app, 'GET', '/v1/vms/vm-1/vcpus/9?at=1')).json.code).toBe('vcpu-not-found');
  const { head } = (await ask(app, 'GET', '/v1/vms/vm-1/timeline')).json;
  const late = ask(app, 'GET', `/v1/vms/vm-1/vcpus/0?at=${head - 5}`);
  const gone = await ask(app, 'DELETE', '/v1/vms/vm-1');
  expect(gone.status).toBe(204);
  expect((await late).status).toBe(404);
  expect((await ask(app, 'GET', '/v1/vms/vm-1/vcpus/0?at=1')).status).toBe(404);
});
