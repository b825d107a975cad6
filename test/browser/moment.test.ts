import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { CommandInput } from '../../src/mmu/schema/index.js';
import { plainIds } from '../server/start.js';
import { type Lab, startLab } from './lab.js';

let lab: Lab;

beforeAll(async () => {
  lab = await startLab({ ids: plainIds });
});
afterAll(() => lab?.close());
afterEach(() => expect(lab.complaints).toEqual([]));

const MEMORY = { memslots: [{ gpa: '0x0', bytes: 16 * 2 ** 20 }] };

const COMMANDS: readonly CommandInput[] = [
  { kind: 'mov-cr3', vcpu: 0, value: '0x1000' },
  {
    ...{ kind: 'map', vcpu: 0, root: '0x1000', address: '0x400000', gpa: '0x100000' },
    tables: '0x2000',
  },
  { kind: 'read', vcpu: 0, gva: '0x400000' },
  { kind: 'mov-cr3', vcpu: 0, value: '0x5000' },
  { kind: 'mov-cr3', vcpu: 0, value: '0x1000' },
];

async function openMoment(seq: (head: number) => number) {
  const vm = await lab.createVm({ memory: MEMORY });
  await lab.run(vm, ...COMMANDS);
  const { head } = await lab.extentOf(vm);
  const page = await lab.open(`/vm/${vm}@${seq(head)}`);
  const moment = page.locator('.moment');
  await moment.waitFor();
  const state = () =>
    page
      .locator('.state [data-changed="true"]')
      .evaluateAll((rows) => rows.map((row) => row.textContent));
  return { vm, page, head, at: () => moment.getAttribute('data-seq'), state };
}

test('a moment of a VM is drawn as that of a case, and steps through its history', async () => {
  const { page, head, at, state } = await openMoment((newest) => newest);
  const lit = await state();
  expect(lit.length).toBeGreaterThan(0);
  await page.keyboard.press('Shift+ArrowLeft');
  await expect.poll(at).not.toBe(String(head));
  const command = Number(await at());
  await page.keyboard.press('ArrowLeft');
  await expect.poll(at).toBe(String(command - 1));
  await expect.poll(() => page.url()).toMatch(new RegExp(`@${command - 1}$`));
  const before = await state();
  await page.getByRole('button', { name: 'Replay in the page' }).click();
  await page.locator('.run-lane').waitFor();
  expect(page.url()).toMatch(new RegExp(`/case#1\\.[\\w-]+@${command - 1}$`));
  await expect.poll(state).toEqual(before);
  await page.locator('.stepper-seq').fill(String(head));
  await page.locator('.stepper-seq').press('Enter');
  await expect.poll(state).toEqual(lit);
  expect(await page.locator('.case-note').textContent()).toBe(
    'The same state as where it was recorded.',
  );
});

test('the walks of guest and KVM and the TLB are those of the moment', async () => {
  const { page } = await openMoment((head) => head);
  await page.locator('.look-address').fill('0x400000');
  await page.locator('.look-address').press('Enter');
  const ends = () => page.locator('.walk-end').allTextContents();
  await expect.poll(ends).toEqual(['0x100000 rwxu', '0x100000']);
  await page.locator('.stepper-seq').fill('0');
  await page.locator('.stepper-seq').press('Enter');
  await expect.poll(ends).toEqual(['#PF(0)', 'no root is loaded']);
});

test('why it happened is told with kernel function, manual and policies', async () => {
  const { page, head } = await openMoment((newest) => newest);
  await page.keyboard.press('y');
  const causes = page.getByRole('region', { name: 'Causes' });
  await causes.waitFor();
  expect(await causes.locator('.why-seq').last().textContent()).toBe(`@${head}`);
  await causes.locator('.why-seq').first().click();
  await expect.poll(() => page.locator('.moment').getAttribute('data-seq')).not.toBe(String(head));
});

test('a moment is split into three policies in one press', async () => {
  const { page } = await openMoment(() => 5);
  await page.keyboard.press('x');
  await expect.poll(() => page.locator('.run-lane-drop').count()).toBe(2);
  expect(await page.locator('.run-lane-name').allTextContents()).toEqual([
    'mainline',
    'need-sync',
    'never-cache',
  ]);
  expect(page.url()).toContain('@5');
});

test('a fork goes on from the moment', async () => {
  const { vm, page } = await openMoment(() => 5);
  await page.getByRole('button', { name: 'Fork here' }).click();
  await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/vm\/vm-\d+$/);
  expect(new URL(page.url()).pathname).not.toBe(`/vm/${vm}`);
});

test('a VM that is not there, and a moment to come, are told', async () => {
  const page = await lab.open('/vm/vm-999@5');
  await expect.poll(() => page.locator('.moment-failure').textContent()).toContain('no such VM');
  const { head, at } = await openMoment((newest) => newest + 100);
  await expect.poll(at).toBe(String(head));
});
