import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { demoOf } from './demo.js';
import { type Lab, startLab } from './lab.js';

let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab?.close());
afterEach(() => expect(lab.complaints).toEqual([]));

const title = (page: Page) => page.locator('.home-head h1').innerText();
const names = (page: Page) => page.locator('.vm-row-name b').allInnerTexts();

test('the first screen says what to do, and three steps lead to a violation explained', async () => {
  const page = await lab.open('/');
  await expect.poll(() => title(page)).toBe('No VM yet');
  await page.keyboard.press('d');
  await page.waitForURL(/\/vm\/vm-/);
  await expect
    .poll(() => page.locator('.lane-tools-range').innerText())
    .toBe('seq 2,958 to 4,457 of 4,457');
  await page.keyboard.press('n');
  await expect.poll(() => page.locator('.reading-seq').innerText()).toBe('@2008');
  await expect
    .poll(() => page.locator('.reading-event').innerText())
    .toContain('invept (seq 1880) should have dropped it; it survived root-reused (seq 1999)');
  await page.getByRole('button', { name: /1 violation/ }).waitFor();
  await page.goBack();
  await expect.poll(() => title(page)).toBe('1 VM, 1 with something wrong');
  await expect
    .poll(() => page.locator('.vm-row-verdict').allInnerTexts())
    .toEqual(['1 violation @2008']);
});

test('a VM is created by keys alone, with the policy that was picked', async () => {
  const page = await lab.open('/');
  await page.locator('.home').waitFor();
  await page.keyboard.press('c');
  await page.locator('.modal-new-vm').waitFor();
  await page.getByLabel('Policy').selectOption('cached-roots');
  await page.getByLabel('vCPUs').fill('3');
  await page.getByRole('button', { name: 'Create VM' }).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/vm\/vm-/);
  await expect.poll(() => page.locator('.vm-facts').innerText()).toContain('cached-roots');
  await expect.poll(() => page.locator('.gutter-vcpu').count()).toBe(3);
  expect(await page.locator('.modal').count()).toBe(0);
});

test('250 VMs are a list that stays small, wrong ones first; a filter finds them', async () => {
  const suite = Array.from({ length: 250 }, (_, index) => ({
    name: `suite-${index}`,
    tags: { shard: String(index % 5) },
  }));
  for (const labels of suite) await lab.createVm(labels);
  const kpti = { workload: 'nested-invept', policy: 'cached-roots-posted', commands: 1200 };
  await demoOf(lab, { ...kpti, also: { name: 'the-wrong-one', tags: { shard: '9' } } });
  await lab.createVm({ name: 'the-newest' });
  const page = await lab.open('/');
  await expect.poll(async () => (await names(page)).slice(0, 1)).toEqual(['the-wrong-one']);
  expect(await names(page)).toContain('the-newest');
  expect((await names(page)).length).toBeLessThan(40);
  await page.keyboard.press('f');
  await page.keyboard.type('tag:shard=3 suite-24');
  await expect.poll(() => names(page)).toEqual(['suite-248', 'suite-243']);
  await page.locator('.fleet-filter').fill('');
  await page.locator('.fleet-scroll').evaluate((list) => list.scrollTo(0, list.scrollHeight));
  await expect.poll(() => names(page)).toContain('suite-0');
  // A window that becomes narrow has higher rows, and none lies upon another.
  await page.setViewportSize({ width: 390, height: 844 });
  const gaps = () =>
    page.locator('.vm-row').evaluateAll((rows) => {
      const boxes = rows.map((row) => row.getBoundingClientRect()).sort((a, b) => a.top - b.top);
      return boxes.slice(1).filter(({ top }, i) => top < (boxes[i]?.bottom ?? 0) - 1).length;
    });
  const high = () =>
    page
      .locator('.vm-row')
      .first()
      .evaluate((row) => row.clientHeight);
  await expect.poll(high).toBeGreaterThan(80);
  expect(await gaps()).toBe(0);
});

test('the list follows the server, and a VM is deleted when it is pressed twice', async () => {
  const page = await lab.open('/');
  await page.locator('.fleet-filter').fill('name:passing');
  expect(await names(page)).toEqual([]);
  const vm = await lab.createVm({ name: 'passing-by' });
  await expect.poll(() => names(page)).toEqual(['passing-by']);
  await lab.run(vm, { kind: 'enter', vcpu: 0 });
  await expect.poll(() => page.locator('.vm-row-seq').allInnerTexts()).toEqual(['6']);
  await page.getByRole('button', { name: 'Delete passing-by' }).click();
  expect(await names(page)).toEqual(['passing-by']);
  await page.getByRole('button', { name: 'Really delete passing-by' }).click();
  await expect.poll(() => names(page)).toEqual([]);
  expect((await lab.get<{ vms: { id: string }[] }>('/v1/vms?name=passing-by')).vms).toEqual([]);
});
