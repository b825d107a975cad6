import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { CommandInput } from '../../src/mmu/schema/index.js';
import { plainIds } from '../server/start.js';
import { type Lab, startLab } from './lab.js';

let lab: Lab;

beforeAll(async () => {
  lab = await startLab({ ids: plainIds, limits: { historyRecordsPerVm: HISTORY } });
});
afterAll(() => lab?.close());
afterEach(() => expect(lab.complaints).toEqual([]));

/** Records that are kept of a VM. */
const HISTORY = 1000;

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

test('history that is dropped under a moment is told, with the way to what is left', async () => {
  const { vm, page, at } = await openMoment(() => 5);
  const many = Array.from({ length: HISTORY / 2 }, () => COMMANDS[0] as CommandInput);
  await lab.run(vm, ...many);
  const { oldest } = await lab.extentOf(vm);
  expect(oldest).toBeGreaterThan(6);
  await page.keyboard.press('ArrowRight');
  const failure = page.locator('.moment-failure');
  await expect.poll(() => failure.locator('p').textContent()).toContain(`kept from ${oldest}`);
  await failure.getByRole('button', { name: `The oldest moment, @${oldest}` }).click();
  await expect.poll(at).toBe(String(oldest));
  // The lanes still draw what was there, and say of an event that it is gone.
  await page.goto(new URL(`/vm/${vm}#window=1-200&at=5`, page.url()).href);
  await expect
    .poll(() => page.locator('.reading .failure').textContent())
    .toBe(`Cannot read events after 4: history is kept from ${oldest}`);
});

test('addresses of 16 digits stay in their columns, and a strange event is told as it is', async () => {
  const vm = await lab.createVm({ memory: MEMORY });
  const gva = '0xffff888000231810';
  const cr3 = { kind: 'mov-cr3', vcpu: 0, value: '0x800ffffffffff018' } as const;
  await lab.run(
    vm,
    { kind: 'read', vcpu: 0, gva },
    cr3,
    { ...cr3, value: '0x1000' },
    {
      ...({ kind: 'write', vcpu: 0, gva } as const),
      value: '0xfedcba9876543210',
    },
  );
  const { head } = await lab.extentOf(vm);
  const page = await lab.open(`/vm/${vm}@${head}`);
  await page.locator('.look-address').fill(gva);
  await page.locator('.look-address').press('Enter');
  await page.locator('.walk-end').first().waitFor();
  for (const width of [1440, 1024, 390]) {
    await page.setViewportSize({ width, height: 900 });
    expect(await page.evaluate(textBeyondItsBox), String(width)).toEqual([]);
  }

  const strange = { kind: 'root-dreamt', pgd: '0x1000', in: { slot: 3 } };
  await page.route('**/events?**', async (route) => {
    const response = await route.fetch();
    const answer = (await response.json()) as { events: { type: string }[] };
    const events = answer.events.map((one) =>
      one.type === 'event' ? { ...one, event: strange } : one,
    );
    await route.fulfill({ response, json: { ...answer, events } });
  });
  await page.reload();
  await expect
    .poll(() => page.locator('.event-step').last().innerText())
    .toMatch(/root-dreamt\s+pgd 0x1000 in \{"slot":3\}$/);
});

/** Texts of a moment that are drawn beyond the cell, line or panel that they belong to. */
function textBeyondItsBox(): string[] {
  const found: string[] = [];
  const walker = document.createTreeWalker(
    document.querySelector('.moment') as Element,
    NodeFilter.SHOW_TEXT,
  );
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const box = node.parentElement?.closest('td, th, li, dd, p, section');
    if (!box || node.textContent?.trim() === '' || !node.parentElement?.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const { right } = range.getBoundingClientRect();
    if (right > box.getBoundingClientRect().right + 1) found.push(String(node.textContent));
  }
  return found;
}
