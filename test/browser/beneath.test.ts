import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { CommandInput } from '../../src/mmu/schema/index.js';
import { type Lab, startLab } from './lab.js';
import { shownBy } from './shown.js';

let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab?.close());
afterEach(() => expect(lab.complaints).toEqual([]));

const MEMORY = { memslots: [{ gpa: '0x0', bytes: 16 * 2 ** 20 }] };

async function watchNewVm(config: Parameters<Lab['createVm']>[0] = {}) {
  const vm = await lab.createVm({ memory: MEMORY, ...config });
  const page = await lab.open(`/vm/${vm}`);
  const shown = shownBy(page);
  await expect.poll(shown.connection).toBe('live');
  return { vm, page, shown };
}

/** Roots that differ in their PCID alone share their pages. */
const pick = (page: Page, root: string) =>
  page
    .getByRole('button', { name: `Shadow pages below ${root}` })
    .first()
    .click();

const onVcpu = (vcpu: number) => ({
  read: (gva: string): CommandInput => ({ kind: 'read', vcpu, gva }),
  write: (gva: string, value: string): CommandInput => ({ kind: 'write', vcpu, gva, value }),
  movCr3: (value: string): CommandInput => ({ kind: 'mov-cr3', vcpu, value }),
});
const { read, write, movCr3 } = onVcpu(0);

/** Two pages at 0x400000, and at 0x600000 the table that maps them. */
const MAPPED: readonly CommandInput[] = [
  movCr3('0x1000'),
  {
    kind: 'map',
    vcpu: 0,
    root: '0x1000',
    address: '0x400000',
    gpa: '0x100000',
    pages: 2,
    tables: '0x2000',
  },
  { kind: 'map', vcpu: 0, root: '0x1000', address: '0x600000', gpa: '0x4000', tables: '0x8000' },
  read('0x400000'),
];

const ABOVE = [
  '4 0x100001000 gfn 0x1',
  '. 3 [0] 0x100002000 gfn 0x2',
  '. . 2 [0] 0x100003000 gfn 0x3',
];

test('a root that is picked shows its shadow, and which of its pages are unsync', async () => {
  const { vm, page, shown } = await watchNewVm();
  await lab.run(vm, ...MAPPED);
  await expect.poll(() => shown.roots(0, 'root')).toContain('0x1000 0x100001000');
  expect(await shown.shadowPages(0)).toEqual([]);
  await pick(page, '0x100001000');
  await expect
    .poll(() => shown.shadowPages(0))
    .toEqual([...ABOVE, '. . . 1 [2] 0x100004000 gfn 0x4']);

  await lab.run(vm, write('0x600008', '0x105067'));
  await expect
    .poll(() => shown.shadowPages(0))
    .toEqual([
      ...ABOVE.map((row) => `${row} unsync below`),
      '. . . 1 [2] 0x100004000 gfn 0x4 unsync',
      '. . . 1 [3] 0x100005000 gfn 0x8',
    ]);
  expect(await page.locator('.tree-facts').first().textContent()).toBe('5 pages, 1 unsync');
  expect(await page.locator('.page[data-unsync="true"]').count()).toBe(1);

  await lab.run(vm, movCr3('0x1000'), read('0x401000'));
  await expect
    .poll(() => shown.shadowPages(0))
    .toEqual([...ABOVE, '. . . 1 [2] 0x100004000 gfn 0x4', '. . . 1 [3] 0x100005000 gfn 0x8']);

  await pick(page, '0x100001000');
  await expect.poll(() => shown.shadowPages(0)).toEqual([]);
});

test('a shadow page that is picked shows its entries, which INVLPG brings into step', async () => {
  const { vm, page, shown } = await watchNewVm();
  await lab.run(vm, ...MAPPED, read('0x401000'), write('0x600008', '0x105067'), read('0x401000'));
  await pick(page, '0x100001000');
  await page.locator('[data-page="0x100004000"]').click();
  await expect.poll(() => shown.sptes(0)).toEqual(['0 gfn 0x100 rwxu AD', '1 gfn 0x101 rwxu AD']);
  const stale = 'linear vpid 1 pcid 0: 0x401000 0x101000 rwxu';
  await expect.poll(() => shown.tlb(0)).toContain(stale);

  await lab.run(vm, { kind: 'invlpg', vcpu: 0, gva: '0x401000' }, read('0x401000'));
  await expect.poll(() => shown.sptes(0)).toEqual(['0 gfn 0x100 rwxu AD', '1 gfn 0x105 rwxu AD']);
  await expect.poll(() => shown.tlb(0)).toEqual(['linear vpid 1 pcid 0: 0x401000 0x105000 rwxu']);

  await page.locator('[data-page="0x100003000"]').click();
  await expect.poll(() => shown.sptes(0)).toEqual(['2 0x100004000 ', '3 0x100005000 ']);
});

test('a root that is zapped is no shadow page any more', async () => {
  const { vm, page, shown } = await watchNewVm();
  await lab.run(vm, ...MAPPED);
  await expect.poll(() => shown.roots(0, 'root')).toContain('0x1000 0x100001000');
  await pick(page, '0x100001000');
  await expect.poll(async () => (await shown.shadowPages(0)).length).toBe(4);
  await lab.run(vm, { kind: 'zap-all', vcpu: 0 }, { kind: 'enter', vcpu: 0 });
  await expect
    .poll(() => page.locator('.shadow-pages .hint').textContent())
    .toBe('0x100001000 is no shadow page any more.');
});

test('the TLB is shown tag by tag; of several vCPUs, where one asks for it', async () => {
  const { vm, page, shown } = await watchNewVm({ paging: 'ept', vcpus: 2 });
  const other = onVcpu(1);
  await lab.run(vm, ...MAPPED, other.movCr3('0x1000'), other.read('0x401000'));
  await expect.poll(() => shown.register(1, 'CR3')).toBe('0x1000');
  expect(await shown.tlb(1)).toEqual([]);
  const tlb = page.locator('[data-vcpu="1"]').getByRole('button', { name: 'show' });
  await tlb.focus();
  await page.keyboard.press('Enter');
  const physical = 'guest-physical root 0x100000000: ';
  await expect
    .poll(() => shown.tlb(1))
    .toEqual([
      `${physical}0x1000 0x1000 rwx`,
      `${physical}0x2000 0x2000 rwx`,
      `${physical}0x3000 0x3000 rwx`,
      `${physical}0x4000 0x4000 rwx`,
      `${physical}0x101000 0x101000 rwx`,
      'combined vpid 3 pcid 0 root 0x100000000: 0x401000 0x101000 rwxu',
    ]);
  expect(await shown.tlb(0)).toEqual([]);
});

test('what nobody looks at is not read', async () => {
  const { vm, page, shown } = await watchNewVm();
  await lab.run(vm, ...MAPPED);
  await expect.poll(() => shown.roots(0, 'root')).toContain('0x1000 0x100001000');
  let asked = 0;
  page.on('request', (request) => {
    if (request.url().includes('/shadow-pages')) asked += 1;
  });
  await lab.run(vm, read('0x400000'));
  await expect.poll(() => shown.tlb(0)).toHaveLength(1);
  expect(asked).toBe(0);

  await pick(page, '0x100001000');
  await expect.poll(async () => (await shown.shadowPages(0)).length).toBe(4);
  expect(asked).toBeGreaterThan(0);
});

test('a screenshot is as wide as the window, in light and in dark', async () => {
  const { vm, page, shown } = await watchNewVm({ registers: { cr4: '0x200a0' } });
  await lab.run(vm, ...MAPPED, read('0x401000'), write('0x600008', '0x105067'));
  await lab.run(vm, movCr3('0x8000000000001005'), { kind: 'enter', vcpu: 0 }, read('0x401000'));
  await pick(page, '0x100001000');
  await page.locator('[data-page="0x100004000"]').click();
  await expect.poll(async () => (await shown.sptes(0)).length).toBe(2);
  const folder = process.env.SCREENSHOTS ?? mkdtempSync(join(tmpdir(), 'mmulab-beneath-'));
  for (const [name, width, colorScheme] of [
    ['light', 1280, 'light'],
    ['dark', 1280, 'dark'],
    ['narrow', 400, 'light'],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 1000 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    await page.screenshot({ path: join(folder, `beneath-${name}.png`), fullPage: true });
  }
});
