import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Lab, startLab } from './lab.js';

let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab?.close());
afterEach(() => expect(lab.complaints).toEqual([]));

test('exhibits stand in their halls, are narrowed by words, and one is opened by keys', async () => {
  const page = await lab.open('/museum');
  await expect
    .poll(() => page.locator('.hall h2').allInnerTexts())
    .toEqual(['Holes', 'Traps', 'Bugs', 'Mutants']);
  await page.locator('.museum-filter input').fill('t16 posted');
  await expect
    .poll(() => page.locator('.exhibit a').allInnerTexts())
    .toEqual(['need-sync-posted-t16']);
  await page.locator('.exhibit a').focus();
  await page.keyboard.press('Enter');
  await page.locator('.story-step').waitFor();
});

test('a story is stepped through by keys to where the judge speaks, both sides beside each other', async () => {
  const page = await lab.open('/museum/need-sync-posted-t16');
  const now = () => page.locator('.story-now').innerText();
  await expect.poll(now).toMatch(/^1 of \d+: /);
  expect(await page.locator('.story-verdict').count()).toBe(0);
  await page.keyboard.press('ArrowRight');
  await expect.poll(now).toMatch(/^2 of /);
  expect(new URL(page.url()).hash).toBe('#2');
  await page.keyboard.press('End');
  await expect
    .poll(() => page.locator('.story-verdict').innerText())
    .toMatch(/^oracle A read of .* went to /);
  const own = page.locator('.story-side').first().locator('[data-own="true"]');
  await expect.poll(async () => (await own.allInnerTexts()).join()).toContain('violation');
  expect(await page.locator('.story-jump[aria-current]').innerText()).toContain('caught');
  await expect.poll(() => page.locator('.story-side .parting-state').count()).toBe(2);
  await page.locator('.exhibit-open').click();
  await page.locator('.moment').waitFor();
});

test('an exhibit that there is not has a card', async () => {
  const page = await lab.open('/museum/none');
  await expect.poll(() => page.locator('.card h1').innerText()).toBe('No such exhibit');
});
