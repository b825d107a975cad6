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

/** Rows of a race of nested-invept, 1500 commands: lanes that no figure tells apart are one. */
const ROWS: readonly string[] = [
  'cached-roots-posted',
  'unsync-roots cached-roots invept-deferred',
  'need-sync need-sync-posted',
  'mainline-5.14 mainline fill-holes',
  'unsync-roots-posted',
  'never-cache',
  'flush-on-reuse',
];

const rowsOf = (page: Page) => page.locator('[data-lane]').count();

const namesOf = (page: Page, selector: string, name: string) =>
  page.locator(selector).evaluateAll((all, of) => all.map((one) => one.getAttribute(of)), name);

test('a race is started from the form, and its bars, table, curves and parting are shown', async () => {
  const page = await openForm('nested-invept', 1500);
  await page.click('.race-form > button');
  await expect.poll(() => rowsOf(page)).toBe(ROWS.length);
  expect(page.url()).toMatch(/\/race\/job-\d+-[a-z0-9]{10}$/);
  expect(await page.inputValue('[name="commands"]')).toBe('1500');
  expect(await namesOf(page, '.standing', 'data-names')).toEqual(ROWS);
  expect(await namesOf(page, '[data-lane]', 'data-lane')).toEqual(ROWS);
  expect(await namesOf(page, '[data-stale="true"]', 'data-lane')).toEqual(['cached-roots-posted']);
  const violation = page.locator('.race-violation > p').first();
  expect(await violation.innerText()).toMatch(
    /^cached-roots-posted: 1 illegal use, first at command 547\. A read of .* survived root-reused/,
  );
  const red = await violation.evaluate((item) => getComputedStyle(item).color);
  const ink = await page.locator('body').evaluate((body) => getComputedStyle(body).color);
  expect(red).not.toBe(ink);

  expect(await page.locator('.cost-bar').count()).toBe(ROWS.length);
  expect(await page.locator('.chart-plot canvas').count()).toBe(1);
  expect(await page.locator('.chart-key').count()).toBe(ROWS.length - 1);
  const first = page.locator('.parting').first();
  expect(await first.locator('p').first().innerText()).toBe(
    'Command 13, vmptrld address 0x20d000 revision 300252880 on vCPU 0',
  );
  expect(await first.locator('.parting-side').count()).toBe(2);
  expect(await page.locator('.race-verdict').innerText()).toContain('--workload nested-invept');
});

test('another lane is the baseline, other prices are laid on, rows are sorted: the link keeps it', async () => {
  const page = await openForm('nested-invept', 1500);
  await page.click('.race-form > button');
  await expect.poll(() => page.locator('.standing').count()).toBeGreaterThan(1);
  const baseline = () => namesOf(page, '.standing[data-baseline="true"]', 'data-names');
  expect((await baseline()).join()).toContain('mainline');
  await page.selectOption('[name="against"]', 'never-cache');
  await expect.poll(baseline).toEqual(['never-cache']);
  const before = await page.locator('.standing-figures').allInnerTexts();
  await page.selectOption('[name="list"]', { index: 1 });
  await expect.poll(() => page.locator('.standing-figures').allInnerTexts()).not.toEqual(before);
  const sorted = () => namesOf(page, 'th[aria-sort]', 'aria-sort');
  const miss = page.locator('.race-sort', { hasText: 'miss' });
  await miss.focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await expect.poll(sorted).toEqual(['descending']);
  const rows = await namesOf(page, '[data-lane]', 'data-lane');
  expect(rows[0]).toBe('never-cache');
  const again = await lab.open(page.url().slice(new URL(page.url()).origin.length));
  await expect.poll(() => namesOf(again, '[data-lane]', 'data-lane')).toEqual(rows);
  expect(await again.inputValue('[name="against"]')).toBe('never-cache');
});

test('a violation and a parting lead to their moment, replayed in the page', async () => {
  const page = await openForm('nested-invept', 1500);
  await page.click('.race-form > button');
  await page.locator('.race-violation button').click();
  await expect.poll(() => new URL(page.url()).pathname).toBe('/case');
  await expect.poll(() => page.locator('.moment').getAttribute('data-seq')).toMatch(/^[1-9]/);
  await page.locator('.station').first().waitFor();
  await page.goBack();
  await page.locator('.parting .lane-link button').first().click();
  await expect.poll(() => new URL(page.url()).pathname).toBe('/case');
  await page.locator('.moment').waitFor();
});

test('own commands are raced, and what is no command is said', async () => {
  const page = await lab.open('/race');
  await page.locator('[name="source"][value="commands"]').check();
  const text = page.locator('[name="text"]');
  await text.fill('{"kind":"mov-cr3","vcpu":0,"value":"0x1000"}\nmov cr3');
  await page.click('.race-form > button');
  await expect
    .poll(() => page.locator('.race-order > .failure').innerText())
    .toContain('Cannot race: line 2 is no command');
  await text.fill(
    '{"kind":"mov-cr3","vcpu":0,"value":"0x1000"}\n{"kind":"enter","vcpu":0}\n{"kind":"mov-cr3","vcpu":0,"value":"0x2000"}',
  );
  await page.click('.race-form > button');
  await expect.poll(() => page.locator('.race-source').innerText()).toContain('3 commands');
  expect((await page.inputValue('[name="text"]')).split('\n')).toHaveLength(3);
});

test('what a VM has run is raced', async () => {
  const vm = await lab.createVm({ registers: { cr3: '0x1000' } });
  await lab.run(vm, { kind: 'enter', vcpu: 0 }, { kind: 'mov-cr3', vcpu: 0, value: '0x2000' });
  const page = await lab.open(`/race#vm=${vm}`);
  await page.locator('[name="vm"]').waitFor();
  expect(await page.inputValue('[name="vm"]')).toBe(vm);
  await page.click('.race-form > button');
  await expect.poll(() => page.locator('.race-source').innerText()).toContain(`${vm} up to`);
});

test('costs are drawn over 0 to 15 slots', async () => {
  const page = await openForm('kpti', 200);
  await page.click('.race-form > button');
  await page.locator('.sweep-start').click();
  const table = page.locator('.chart-table').nth(1);
  await table.locator('summary').click();
  const heads = table.locator('thead th');
  await expect
    .poll(() => heads.allInnerTexts())
    .toEqual([
      'slots beside the current root',
      ...Array.from({ length: 16 }, (_, slots) => String(slots)),
    ]);
  expect(await page.locator('.chart-plot canvas').count()).toBe(2);
  expect(new URL(page.url()).hash).toMatch(/^#sweep=job-/);
});

test('what was raced is shown again by its address, and can be copied', async () => {
  const page = await openForm('kpti', 300);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.click('.race-form > button');
  await expect.poll(() => rowsOf(page)).toBeGreaterThan(1);
  const again = await lab.open(new URL(page.url()).pathname);
  await expect.poll(() => rowsOf(again)).toBe(await rowsOf(page));
  await page.click('.verdict-copy button');
  await expect.poll(() => page.locator('.verdict-copy [role="status"]').innerText()).toBe('Copied');
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe(await page.locator('.race-verdict').evaluate((pre) => pre.textContent));
});

test('a long race tells how far it is, and can be cancelled', async () => {
  const page = await openForm('pcid-churn', 400_000);
  await page.click('.race-form > button');
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
  await page.click('.race-form > button');
  await expect
    .poll(() => page.locator('.race-order > .failure').innerText())
    .toBe('Cannot race: no policy is picked; pick one or more');
  const lost = await lab.open('/race/job-999');
  await expect.poll(() => lost.locator('.card h1').innerText()).toBe('This race is gone');
  expect(await lost.locator('.card p').first().innerText()).toBe(
    'Cannot find job "job-999": no such job, or no longer kept.',
  );
  await lost.locator('.card a').click();
  await lost.locator('.race-form').waitFor();
});

test('the lanes beside a VM are seen to go along with it', async () => {
  const registers = { cr3: '0x100000', cr4: '0x200a0' };
  const vm = await lab.createVm({ registers, lanes: [{ policy: 'need-sync' }] });
  const watched = await lab.open(`/vm/${vm}`);
  await watched.locator('.vm-race-link').click();
  await expect.poll(() => watched.url()).toMatch(new RegExp(`/vm/${vm}/race$`));
  // Alike so far, they are one row.
  await expect.poll(() => rowsOf(watched)).toBe(1);
  const misses = () => watched.locator('[data-column="miss"]').allInnerTexts();
  expect(await misses()).toEqual(['0']);
  const cr3 = (value: string) => ({ kind: 'mov-cr3', vcpu: 0, value }) as const;
  await lab.run(
    vm,
    cr3('0x8000000000101001'),
    cr3('0x8000000000102002'),
    { kind: 'enter', vcpu: 0 },
    { kind: 'invpcid', vcpu: 0, type: 1, pcid: 1, gva: '0x0' },
    cr3('0x8000000000101001'),
  );
  await expect.poll(async () => (await misses()).sort()).toEqual(['2', '3']);
  await expect.poll(() => watched.locator('.parting-side').count()).toBe(2);
});
