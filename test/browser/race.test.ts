import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Lab, startLab } from './lab.js';

let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab?.close());
afterEach(() => expect(lab.complaints).toEqual([]));

async function openForm(workload: string, commands: number): Promise<Page> {
  const page = await lab.open('/race');
  await page.locator('[name="policy"]').first().waitFor();
  await page.selectOption('[name="workload"]', workload);
  await page.fill('[name="commands"]', String(commands));
  return page;
}

const rowsOf = (page: Page) => page.locator('[data-lane]').count();

test('a race is started from the form, and its table, charts and parting are shown', async () => {
  const page = await openForm('nested-invept', 1500);
  await page.click('button[type="submit"]');
  await expect.poll(() => rowsOf(page)).toBe(12);
  expect(page.url()).toMatch(/\/race\/job-\d+-[a-z0-9]{10}$/);
  expect(await page.inputValue('[name="commands"]')).toBe('1500');

  const stale = await page
    .locator('[data-stale="true"]')
    .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-lane')));
  expect(stale).toEqual(['cached-roots-posted']);
  const violation = page.locator('.race-violation');
  expect(await violation.innerText()).toMatch(
    /^cached-roots-posted: 1 illegal use, first at command 547\. A read of .* survived root-reused/,
  );
  const red = await violation.evaluate((item) => getComputedStyle(item).color);
  const ink = await page.locator('body').evaluate((body) => getComputedStyle(body).color);
  expect(red).not.toBe(ink);

  expect(await page.locator('.cost-bar').count()).toBe(12);
  expect(await page.locator('polyline.curve').count()).toBe(12);
  const first = page.locator('.parting').first();
  expect(await first.locator('p').innerText()).toBe(
    'Command 13, vmptrld address 0x20d000 revision 300252880 on vCPU 0',
  );
  expect(await first.locator('.parting-side').count()).toBe(2);
  expect(await page.locator('.race-verdict').innerText()).toContain('--workload nested-invept');
});

test('what was raced is shown again by its address, and can be copied', async () => {
  const page = await openForm('kpti', 300);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.click('button[type="submit"]');
  await expect.poll(() => rowsOf(page)).toBe(12);
  const again = await lab.open(new URL(page.url()).pathname);
  await expect.poll(() => rowsOf(again)).toBe(12);
  await page.click('.race-copy button');
  await expect.poll(() => page.locator('.race-copy [role="status"]').innerText()).toBe('Copied');
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe(await page.locator('.race-verdict').evaluate((pre) => pre.textContent));
});

test('a long race tells how far it is, and can be cancelled', async () => {
  const page = await openForm('pcid-churn', 400_000);
  await page.click('button[type="submit"]');
  await expect
    .poll(() => page.locator('.race-progress label').innerText())
    .toMatch(/^[1-9]\d* of 400000 commands/);
  await page.click('.race-progress button');
  await expect.poll(() => page.locator('.race-progress').count()).toBe(0);
  await expect.poll(() => page.locator('.race-nothing').count()).toBe(1);
});

test('what cannot be raced is said', async () => {
  const page = await openForm('kpti', 300);
  for (const box of await page.locator('[name="policy"]').all()) await box.uncheck();
  await page.click('button[type="submit"]');
  await expect
    .poll(() => page.locator('.race-order .failure').innerText())
    .toBe('Cannot race: no policy is picked; pick one or more');
  const lost = await lab.open('/race/job-999');
  await expect
    .poll(() => lost.locator('.race-order .failure').innerText())
    .toBe('Cannot find job "job-999": no such job, or no longer kept');
});

test('the lanes beside a VM are seen to go along with it', async () => {
  const registers = { cr3: '0x100000', cr4: '0x200a0' };
  const vm = await lab.createVm({ registers, lanes: [{ policy: 'need-sync' }] });
  const watched = await lab.open(`/vm/${vm}`);
  await watched.locator('.vm-race-link').click();
  await expect.poll(() => watched.url()).toMatch(new RegExp(`/vm/${vm}/race$`));
  await expect.poll(() => rowsOf(watched)).toBe(2);
  const misses = () => watched.locator('[data-column="miss"]').allInnerTexts();
  expect(await misses()).toEqual(['0', '0']);
  const cr3 = (value: string) => ({ kind: 'mov-cr3', vcpu: 0, value }) as const;
  await lab.run(
    vm,
    cr3('0x8000000000101001'),
    cr3('0x8000000000102002'),
    { kind: 'enter', vcpu: 0 },
    { kind: 'invpcid', vcpu: 0, type: 1, pcid: 1, gva: '0x0' },
    cr3('0x8000000000101001'),
  );
  await expect.poll(misses).toEqual(['3', '2']);
  await expect.poll(() => watched.locator('.parting-side').count()).toBe(2);
});

test('the page reads well in light and in dark', async () => {
  const folder = process.env.SCREENSHOTS ?? mkdtempSync(join(tmpdir(), 'mmulab-race-'));
  const page = await openForm('nested-invept', 2000);
  await page.click('button[type="submit"]');
  await expect.poll(() => rowsOf(page)).toBe(12);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(folder, `race-${colorScheme}.png`), fullPage: true });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(wide).toBeLessThanOrEqual(0);
  }
});
