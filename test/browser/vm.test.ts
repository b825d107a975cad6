import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { DEFECT_NAMES } from '../../src/mmu/index.js';
import type { CommandInput } from '../../src/mmu/schema/index.js';
import { demoOf } from './demo.js';
import { type Lab, startLab } from './lab.js';

let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab?.close());
afterEach(() => expect(lab.complaints).toEqual([]));

const movCr3 = (value: string): CommandInput => ({ kind: 'mov-cr3', vcpu: 0, value });
const ENTER: CommandInput = { kind: 'enter', vcpu: 0 };

const lamp = (page: Page) => page.locator('.lamp-lag').innerText();
const range = (page: Page) => page.locator('.lane-tools-range').innerText();
const reading = (page: Page) => page.locator('.reading-words').innerText();
const rows = (page: Page) => page.locator('.gutter-row').allInnerTexts();

async function openVm(vm: string): Promise<Page> {
  const page = await lab.open(`/vm/${vm}`);
  await expect.poll(() => rows(page)).not.toEqual([]);
  return page;
}

/** Lines of the table that stands for the picture. */
async function words(page: Page): Promise<string[]> {
  await page.locator('.lane-table').evaluate((details) => details.setAttribute('open', ''));
  const cells = page.locator('.lane-lines tbody td:last-child');
  await expect.poll(() => cells.count()).toBeGreaterThan(0);
  return cells.allInnerTexts();
}

test('roots, their ends and requests are in the lanes, and in words', async () => {
  const vm = await lab.createVm({ registers: { cr3: '0x1000', cr4: '0x200a0' } });
  await lab.run(
    vm,
    ENTER,
    movCr3('0x8000000000002001'),
    ENTER,
    { kind: 'invpcid', vcpu: 0, type: 1, pcid: 0, gva: '0x0' },
    movCr3('0x3002'),
  );
  const page = await openVm(vm);
  expect(await rows(page)).toEqual(ROWS);
  expect(await words(page)).toEqual(WORDS);
});

const ROWS = [
  'vCPU 0',
  'runs',
  'current',
  'prev0',
  'MMU_SYNC',
  'TLB_FLUSH_CURRENT',
  'flushes',
  'exits, entries',
];
const WORDS = [
  'current: pgd 0x1000 hpa 0x100000000, then moved to another slot, seq 3 to 9',
  'current: pgd 0x2001 hpa 0x100001000, then moved to another slot, seq 12 to 22',
  'prev0: pgd 0x1000 hpa 0x100000000, then freed by invpcid-single, seq 9 to 18',
  'prev0: pgd 0x2001 hpa 0x100001000, seq 22 to now',
  'KVM_REQ_MMU_SYNC was pending, seq 23 to now',
  'KVM_REQ_TLB_FLUSH_CURRENT was pending, seq 24 to now',
];

test('a violation is found and explained by keys alone', async () => {
  const vm = await demoOf(lab, {
    workload: 'nested-invept',
    policy: 'cached-roots-posted',
    commands: 1200,
  });
  const page = await openVm(vm);
  await page.keyboard.press('n');
  await expect.poll(() => page.locator('.reading-seq').innerText()).toBe('@2008');
  await expect
    .poll(() => reading(page))
    .toContain('violation A read of 0x40007000 went to 0x23e000');
  await page.locator('.reading .seq-link', { hasText: 'seq 1880' }).focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => page.locator('.reading-seq').innerText()).toBe('@1880');
  await expect.poll(() => reading(page)).toContain('invept');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => page.locator('.reading-seq').innerText()).toBe('@1881');
  await expect.poll(() => reading(page)).toContain('vCPU 0, KVM runs, seq');
  await page.keyboard.press('0');
  await expect.poll(() => range(page)).toBe('seq 0 to 4,457 of 4,457');
  await page.keyboard.press('Home');
  await page.keyboard.press('w');
  await expect.poll(() => range(page)).not.toBe('seq 0 to 4,457 of 4,457');
  await page.keyboard.press('End');
  await expect.poll(() => range(page)).toMatch(/ to 4,457 of 4,457$/);
  await page.locator('.reading-seq').waitFor();
  await page.locator('.gutter-vcpu button').focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => rows(page)).toHaveLength(2);
});

test('violations are counted over the whole history, whatever part of it is in the window', async () => {
  const vm = await demoOf(lab, {
    workload: 'nested-invept',
    policy: 'cached-roots-posted',
    commands: 4000,
  });
  const { count } = (
    await lab.get<{ violations: { count: number } }>(`/v1/vms/${vm}/timeline?buckets=1`)
  ).violations;
  expect(count).toBeGreaterThan(1);
  const page = await openVm(vm);
  const found = page.locator('.lane-tools-bad');
  await expect.poll(() => found.innerText()).toBe(`${count} violations N`);
  // A window of the beginning, ever finer: none of them lies in it.
  await page.keyboard.press('0');
  await page.keyboard.press('Home');
  for (let nth = 0; nth < 12; nth += 1) await page.keyboard.press('w');
  await page.keyboard.press('Home');
  await expect.poll(() => range(page)).toMatch(/^seq 0 to \d{1,3} of/);
  await expect.poll(() => words(page)).not.toEqual([]);
  expect(await found.innerText()).toBe(`${count} violations N`);
  await found.click();
  await expect.poll(() => reading(page)).toContain('violation');
});

test('vCPUs fold when the window becomes narrow, but for those that were opened by hand', async () => {
  const vm = await lab.createVm({ vcpus: 3 });
  await lab.run(vm, ENTER);
  const page = await openVm(vm);
  const open = page.locator('.gutter-vcpu button[aria-expanded="true"]');
  await expect.poll(() => open.count()).toBe(3);
  await page.setViewportSize({ width: 390, height: 844 });
  await expect.poll(() => open.count()).toBe(1);
  await page.locator('.gutter-vcpu button').nth(2).click();
  await expect.poll(() => open.count()).toBe(2);
  await page.setViewportSize({ width: 1280, height: 800 });
  await expect.poll(() => open.count()).toBe(3);
});

test('the picture follows a VM, stands still when it is frozen, and goes on', async () => {
  const vm = await lab.createVm({});
  await lab.run(vm, ENTER);
  const page = await openVm(vm);
  await expect.poll(() => range(page)).toBe('seq 0 to 6 of 6');
  await expect.poll(() => lamp(page)).toMatch(/^live\n/);
  await page.keyboard.press('f');
  await lab.run(vm, movCr3('0x2000'), ENTER);
  const { head } = await lab.extentOf(vm);
  await expect.poll(() => lamp(page)).toBe(`frozen\n${head - 6} events behind`);
  expect(await range(page)).toBe('seq 0 to 6 of 6');
  await page.keyboard.press('f');
  await expect.poll(() => range(page)).toBe(`seq 0 to ${head} of ${head}`);
});

test('a VM that there is not, is deleted or is lost has its picture', async () => {
  const missing = await lab.open('/vm/nobody');
  await expect.poll(() => missing.locator('.card h1').innerText()).toBe('No VM nobody here');
  const vm = await lab.createVm({});
  await lab.run(vm, ENTER);
  const page = await openVm(vm);
  await lab.deleteVm(vm);
  await expect.poll(() => lamp(page)).toMatch(/^Cannot find VM .*: no such VM/);
  expect(await page.locator('.lanes').getAttribute('data-gone')).toBe('true');
  expect(await range(page)).toBe('seq 0 to 6 of 6');
});

test('a server that is gone looks gone, and what it did meanwhile is there when it is back', async () => {
  const vm = await lab.createVm({});
  await lab.run(vm, ENTER);
  const page = await openVm(vm);
  await page.context().setOffline(true);
  await expect.poll(() => lamp(page)).toMatch(/^no answer, retrying\nsince \d+ m?s$/);
  await lab.run(vm, movCr3('0x2000'), ENTER, movCr3('0x3000'), ENTER);
  await page.context().setOffline(false);
  const { head } = await lab.extentOf(vm);
  await expect.poll(() => range(page)).toBe(`seq 0 to ${head} of ${head}`);
  await expect.poll(() => lamp(page)).toMatch(/^live\n/);
  expect(await page.locator('.lanes').getAttribute('data-gone')).toBe('false');
});

test('of many vCPUs the first is open and the others are a row each; 15 slots fold', async () => {
  const vm = await lab.createVm({ vcpus: 64, prevRoots: 15 });
  const commands = Array.from({ length: 16 }, (_, index) => [movCr3(`0x${index + 1}000`), ENTER]);
  await lab.run(vm, ...commands.flat());
  const page = await openVm(vm);
  expect(await page.locator('.gutter-vcpu').count()).toBe(64);
  const more = page.locator('.gutter-slots button');
  expect(await more.innerText()).toBe('12 more slots');
  await more.click();
  await expect.poll(() => page.locator('.gutter-slot').count()).toBe(16);
});

test('a line of KVM is taken out of a VM that runs, and the oracle objects', async () => {
  const commands = 1500;
  const vm = await demoOf(lab, { workload: 'kpti', policy: 'mainline', commands });
  const page = await openVm(vm);
  await page.getByRole('button', { name: 'Take out a line of KVM' }).click();
  // An exhibit whose mistake is mainline's own is no line that can be taken out.
  await page.locator('.lines-list .open-one').first().waitFor();
  const lines = await page.locator('.lines-list .open-name').allInnerTexts();
  expect(lines).toEqual(DEFECT_NAMES);
  await page.getByRole('button', { name: /^invlpg-keeps-leaf/ }).click();
  const lane = page.locator('[data-lane="without invlpg-keeps-leaf"]');
  await expect.poll(() => lane.locator('.run-lane-violations').count()).toBe(1);
  await lane.locator('.run-lane-violations').click();
  await page.locator('.stations').waitFor();
});

test('a VM that is too long to run from its beginning runs from a state on', async () => {
  const vm = await demoOf(lab, { workload: 'kpti', policy: 'mainline', commands: 10_000 });
  // One more than a case has at most.
  await lab.run(vm, ENTER);
  const page = await openVm(vm);
  await page.keyboard.press('x');
  await expect.poll(() => page.locator('.run-lane-drop').count()).toBe(2);
  const title = page.locator('.vm-head h1');
  const [, after] = /^From @(\d+) on$/.exec(await title.innerText()) ?? [];
  expect(Number(after)).toBeGreaterThan(0);
  await page.getByText(`It begins in the state behind @${after}`).waitFor();
  expect(await page.locator('.run-lane-name').allTextContents()).toEqual([
    'mainline',
    'need-sync',
    'never-cache',
  ]);
  // A line is taken out at a moment of the middle, and the state before it is the recorded one.
  const middle = await lab.open(`/vm/${vm}#at=20000`);
  await expect.poll(() => middle.locator('.reading-seq').innerText()).toBe('@20000');
  await middle.getByRole('button', { name: 'Take out a line of KVM' }).click();
  await middle.getByRole('button', { name: /^invlpg-keeps-leaf/ }).click();
  const lane = middle.locator('[data-lane="without invlpg-keeps-leaf @20000"]');
  await expect.poll(() => lane.locator('.run-lane-violations').count()).toBe(1);
  await lane.locator('.run-lane-violations').click();
  await middle.locator('.stations').waitFor();
  await expect.poll(() => title.innerText()).toMatch(/^From @\d+ on$/);
});

test('the window and the selected event are in the address, and a link shows them', async () => {
  const vm = await demoOf(lab, { workload: 'kpti', policy: 'mainline', commands: 1000 });
  const page = await openVm(vm);
  expect(new URL(page.url()).hash).toBe('');
  await page.keyboard.press('0');
  await page.keyboard.press('Home');
  for (const key of ['w', 'w', 'w', 'Home', 'ArrowRight']) await page.keyboard.press(key);
  await expect.poll(() => new URL(page.url()).hash).toMatch(/^#window=0-\d+&at=\d+$/);
  const other = await lab.openAt(page.url());
  await expect.poll(() => range(other)).toBe(await range(page));
  await expect
    .poll(() => other.locator('.reading-seq').innerText())
    .toBe(await page.locator('.reading-seq').innerText());
  // A window that the VM has not got to is moved to what there is.
  const beyond = await lab.open(`/vm/${vm}#window=900000-900100&at=5`);
  await expect.poll(() => range(beyond)).toMatch(/^seq \d,\d+ to (\d,\d+) of \1$/);
  await page.keyboard.press('Escape');
  await page.keyboard.press('l');
  await expect.poll(() => new URL(page.url()).hash).toBe('');
});
