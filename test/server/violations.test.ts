import { expect, test } from 'vitest';
import { z } from 'zod';
import { commandsOf, type Exhibit, MUSEUM } from '../../src/lab/index.js';
import { Command } from '../../src/mmu/schema/index.js';
import { ask, connect, type Frame, listen } from './start.js';

const { scene, amiss } = MUSEUM.find(
  ({ name }) => name === 'pcid-flush-spares-prev-roots',
) as Exhibit;
const COMMANDS = commandsOf(scene).map((command) => z.encode(Command, Command.parse(command)));

/** Enough for the history to forget what came before. */
const MANY = Array.from({ length: 2000 }, () => ({ kind: 'preempt', vcpu: 0 }));

async function withViolation(historyRecordsPerVm: number) {
  const { app, port } = await listen({ limits: { historyRecordsPerVm } });
  await ask(app, 'POST', '/v1/vms', { ...scene.config, ...amiss });
  await ask(app, 'POST', '/v1/vms/vm-1/commands', COMMANDS as object);
  return { app, port, read: () => ask(app, 'GET', '/v1/vms/vm-1/violations') };
}

test('violations are told with the frames that led to them, and outlive the history', async () => {
  const { app, read } = await withViolation(300);
  const before = await read();
  expect(before.status).toBe(200);
  const [broken] = before.json.rules;
  expect(broken).toEqual({
    rule: 'stale-translation',
    count: 1,
    first: broken.last,
    last: broken.first,
  });
  const [kept] = before.json.kept;
  expect(kept.frames.at(-1).event).toMatchObject({ kind: 'violation', rule: 'stale-translation' });
  const { write, invalidation, survival } = kept.frames.at(-1).event;
  const seqs = kept.frames.map(({ seq }: Frame) => seq);
  for (const { seq } of [write, invalidation, survival]) expect(seqs).toContain(seq);
  for (let i = 0; i < 3; i += 1) await ask(app, 'POST', '/v1/vms/vm-1/commands', MANY);
  expect((await ask(app, 'GET', `/v1/vms/vm-1/events?after=${kept.seq - 1}`)).status).toBe(410);
  expect((await read()).json).toEqual(before.json);
});

test('the VM, the list of VMs and a stream say which rules were broken, and where', async () => {
  const { app, port, read } = await withViolation(8192);
  const { rules } = (await read()).json;
  expect((await ask(app, 'GET', '/v1/vms/vm-1')).json.violations).toEqual(rules);
  expect((await ask(app, 'GET', '/v1/vms')).json.vms[0].violations).toEqual(rules);
  const [hello] = await connect(port, '/v1/vms/vm-1/events').arrived(1);
  expect(hello?.violations).toEqual(rules);
});

test('of each rule the first four are kept, and all are counted', async () => {
  const { app, read } = await withViolation(1_000_000);
  for (let i = 0; i < 6; i += 1) {
    await ask(app, 'POST', '/v1/vms/vm-1/reset');
    await ask(app, 'POST', '/v1/vms/vm-1/commands', COMMANDS as object);
  }
  const { rules, kept } = (await read()).json;
  expect(rules.map(({ count }: Frame) => count)).toEqual([7]);
  expect(kept).toHaveLength(4);
  const fresh = await ask(app, 'POST', '/v1/vms');
  expect((await ask(app, 'GET', `/v1/vms/${fresh.json.id}/violations`)).json).toEqual({
    rules: [],
    kept: [],
  });
});

test('violations of commands that are only tried do not count', async () => {
  const { app } = await listen();
  await ask(app, 'POST', '/v1/vms', { ...scene.config, ...amiss });
  await ask(app, 'POST', '/v1/vms/vm-1/commands?dryRun=true', COMMANDS as object);
  expect((await ask(app, 'GET', '/v1/vms/vm-1')).json.violations).toEqual([]);
});
