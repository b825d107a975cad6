import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { faultsIn } from './axe.js';
import { type Lab, startLab } from './lab.js';

let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab?.close());
afterEach(() => expect(lab.complaints).toEqual([]));

const options = (page: Page) => page.locator('.console-list [role="option"]');
const entry = (page: Page) => page.locator('.console-entry').last();
const line = (page: Page) => page.locator('#console-prompt').inputValue();

test('a command is found, completed, sent and brought back by keys alone', async () => {
  const vm = await lab.createVm({ vcpus: 2, registers: { cr3: '0x1000', cr4: '0xa0' } });
  const page = await lab.open(`/vm/${vm}`);
  await page.locator('.gutter-row').first().waitFor();
  await page.locator('#console-button').waitFor();
  await page.keyboard.press('c');
  const prompt = page.locator('#console-prompt');
  await expect.poll(() => prompt.evaluate((one) => one === document.activeElement)).toBe(true);
  const first = () => options(page).locator('.console-word').first().innerText();
  await expect.poll(first).toBe('enter');
  expect(await options(page).first().innerText()).toContain('KVM runs');
  expect(await line(page)).toBe('');

  await page.keyboard.type('mov-cr3');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect.poll(() => line(page)).toBe('mov-cr3 value=');
  await page.keyboard.type('0x100000');
  await page.keyboard.press('Enter');
  await expect.poll(() => entry(page).locator('.console-outcome').innerText()).toBe('ok');
  const origin = new URL(page.url()).origin;
  expect(await entry(page).locator('code').innerText()).toBe(
    `curl -s --json '{"value":"0x100000"}' '${origin}/v1/vms/${vm}/vcpus/0/mov-cr3'`,
  );
  const links = await entry(page)
    .locator('.console-events a')
    .evaluateAll((all) => all.map((one) => one.getAttribute('href')));
  const { events } = await lab.get<{ events: { seq: number; type: string }[] }>(
    `/v1/vms/${vm}/events`,
  );
  const seqs = events.filter(({ type }) => type === 'event').map(({ seq }) => seq);
  expect(links).toEqual(seqs.map((seq) => `/vm/${vm}@${seq}`));

  await page.keyboard.type('vmexit vcpu=1');
  await page.keyboard.press('Enter');
  await expect.poll(() => entry(page).locator('.failure').innerText()).toContain('vmexit');
  await page.keyboard.type('mov-cr3 value=5');
  await page.keyboard.press('Enter');
  await expect.poll(() => entry(page).locator('.failure').innerText()).toContain('value');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await expect.poll(() => line(page)).toBe('vmexit vcpu=1');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => line(page)).toBe('');
  expect(await faultsIn(page)).toEqual([]);

  await page.keyboard.press('Escape');
  await expect.poll(() => page.locator('.console').count()).toBe(0);
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('console-button');
});
