import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Lab, startLab } from './lab.js';

let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab?.close());
afterEach(() => expect(lab.complaints).toEqual([]));

const path = (url: string) => new URL(url).pathname + new URL(url).search;

test('old addresses lead to the new ones', async () => {
  const vm = await lab.createVm({});
  for (const [old, successor] of [
    [`/?vm=${vm}`, `/vm/${vm}`],
    [`/?race&vm=${vm}`, `/vm/${vm}/race`],
    ['/?race', '/race'],
    ['/?job=job-9', '/race/job-9'],
  ] as const) {
    const page = await lab.open(old);
    await expect.poll(() => path(page.url())).toBe(successor);
    await page.close();
  }
});

test('links, back and forward change the page without a load', async () => {
  const page = await lab.open('/');
  await page.evaluate(() => Object.assign(globalThis, { stayed: true }));
  await page.click('.bar-links a[href="/race"]');
  await page.locator('.race-form').waitFor();
  expect(await page.title()).toBe('Race - mmulab');
  expect(await page.locator('.bar-links [aria-current]').allTextContents()).toEqual(['Race']);
  await page.goBack();
  await page.locator('.race-form').waitFor({ state: 'detached' });
  expect(path(page.url())).toBe('/');
  await page.goForward();
  await page.locator('.race-form').waitFor();
  expect(await page.evaluate(() => 'stayed' in globalThis)).toBe(true);
});

test('search finds a VM by letters of its name, and a command by its words', async () => {
  const vm = await lab.createVm({ name: 'nightly-kpti' });
  const page = await lab.open('/race');
  await page.locator('.race-form').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('nkpti');
  await expect
    .poll(() => page.locator('[role="option"] .find-text').allTextContents())
    .toEqual([`nightly-kpti ${vm}`]);
  await page.keyboard.press('Enter');
  await expect.poll(() => path(page.url())).toBe(`/vm/${vm}`);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('theme');
  await page.keyboard.press('Enter');
  expect(await page.locator('html').getAttribute('data-theme')).toBe('light');
  await page.keyboard.press('t');
  expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
});

test('keys go to a page and tell what they are; Escape closes what they opened', async () => {
  const page = await lab.open('/');
  await page.locator('.bar-links').waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('r');
  await page.locator('.race-form').waitFor();
  await page.keyboard.press('?');
  await page.locator('.modal-help').waitFor();
  expect(await page.locator('.modal-help h3').allTextContents()).toEqual(['Everywhere', 'Go to']);
  await page.keyboard.press('Escape');
  await page.locator('.modal-help').waitFor({ state: 'detached' });
});

test('the theme and the size of type are kept', async () => {
  const page = await lab.open('/');
  await page.locator('.bar-links').waitFor();
  const sizeOf = () => page.evaluate(() => getComputedStyle(document.documentElement).fontSize);
  const usual = Number.parseFloat(await sizeOf());
  await page.keyboard.press('j');
  expect(Number.parseFloat(await sizeOf()) / usual).toBeCloseTo(1.4);
  await page.reload();
  expect(Number.parseFloat(await sizeOf()) / usual).toBeCloseTo(1.4);
  await page.keyboard.press('j');
});
