import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { CommandInput } from '../../src/mmu/schema/index.js';
import { plainIds } from '../server/start.js';
import { type Lab, startLab } from './lab.js';
import { shownBy } from './shown.js';

/** A short memory, so that a reader can come too late. */
const HISTORY_RECORDS = 512;

let lab: Lab;

beforeAll(async () => {
  // Ids of a run are its own; here two runs give the same, as a server before ours did.
  lab = await startLab({ limits: { historyRecordsPerVm: HISTORY_RECORDS }, ids: plainIds });
});
afterAll(() => lab?.close());
afterEach(() => expect(lab.complaints).toEqual([]));

const ENTER: CommandInput = { kind: 'enter', vcpu: 0 };

/** From 1 on, each once. */
const upTo = (head: number) => Array.from({ length: head }, (_, index) => index + 1);

async function watchNewVm(config: Parameters<Lab['createVm']>[0] = {}) {
  const vm = await lab.createVm(config);
  const page = await lab.open(`/vm/${vm}`);
  const shown = shownBy(page);
  await expect.poll(shown.connection).toBe('live');
  return { vm, page, shown };
}

const movCr3 = (step: number): CommandInput => {
  return { kind: 'mov-cr3', vcpu: 0, value: `0x${(step % 5) + 1}000` };
};

test('no event is lost or shown twice when connections break while commands run', async () => {
  const { vm, shown } = await watchNewVm();
  let cut = 0;
  for (let i = 1; i <= 48; i += 1) {
    await lab.run(vm, movCr3(i));
    if (i % 8 === 0) {
      cut += lab.cutStreams();
      await expect.poll(shown.connection).toBe('live');
    }
  }
  await lab.run(vm, ENTER);
  const { head } = await lab.extentOf(vm);
  await expect.poll(async () => (await shown.seqs()).at(-1)).toBe(head);
  expect(cut).toBeGreaterThan(0);
  await expect.poll(() => shown.gaps()).toEqual([]);
  const seqs = await shown.seqs();
  expect(seqs).toEqual(upTo(head).slice(-500));
  await expect.poll(() => shown.connection()).toBe('live');
});

test('while the network is away the page says so, and then tells what it missed', async () => {
  const { vm, page, shown } = await watchNewVm();
  await lab.run(vm, ENTER);
  await expect.poll(shown.seqs).toEqual(upTo(6));

  await page.context().setOffline(true);
  lab.cutStreams();
  await expect.poll(shown.connection).toBe('connection lost, retrying');
  await lab.run(vm, ...upTo(100).map(movCr3));
  await page.context().setOffline(false);
  await expect.poll(shown.connection).toBe('live');

  const { head, oldest } = await lab.extentOf(vm);
  await expect.poll(async () => (await shown.seqs()).at(-1)).toBe(head);
  expect(oldest).toBeGreaterThan(7);
  await expect.poll(() => shown.gaps()).toEqual([`7-${oldest - 1}`]);
  const missed = oldest - 7;
  await expect
    .poll(() => page.locator('.events-foot').textContent())
    .toContain(`, ${missed} events not received`);
  const kept = [...upTo(6), ...upTo(head).slice(oldest - 1)];
  await expect.poll(() => shown.seqs()).toEqual(kept.slice(-499));
});

test('a VM that is deleted ends the page, which keeps what it shows', async () => {
  const { vm, shown } = await watchNewVm();
  await lab.run(vm, ENTER);
  await expect.poll(shown.seqs).toEqual(upTo(6));
  await lab.deleteVm(vm);
  await expect.poll(shown.connection).toBe('ended: the VM was deleted');
  await expect.poll(() => shown.seqs()).toEqual(upTo(6));
});

test('a VM that there never was is told as the server tells it', async () => {
  const page = await lab.open('/vm/nobody');
  await expect.poll(shownBy(page).connection).toBe('ended: Cannot find VM "nobody": no such VM');
});

test('a server that comes back with another VM of this name is shown from its beginning', async () => {
  await lab.restart();
  const { vm, page, shown } = await watchNewVm({ policy: 'mainline' });
  await lab.run(vm, ENTER);
  await expect.poll(shown.seqs).toEqual(upTo(6));

  await page.context().setOffline(true);
  await lab.restart();
  expect(await lab.createVm({ policy: 'need-sync', vcpus: 2 })).toBe(vm);
  await lab.run(vm, ENTER, ENTER);
  await page.context().setOffline(false);
  await expect.poll(() => page.locator('.fact-policy dd').textContent()).toBe('need-sync');
  await expect.poll(shown.seqs).toEqual(upTo((await lab.extentOf(vm)).head));
  await expect.poll(() => page.locator('[data-vcpu]').count()).toBe(2);
  await expect.poll(() => shown.connection()).toBe('live');
});
