import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { CommandInput } from '../../src/mmu/schema/index.js';
import { BROKEN_POLICY, LAST_READ, LEADING_UP } from '../server/broken-policy.js';
import { type Lab, startLab } from './lab.js';
import { shownBy } from './shown.js';

let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab?.close());
afterEach(() => expect(lab.complaints).toEqual([]));

const movCr3 = (value: string, vcpu = 0): CommandInput => ({ kind: 'mov-cr3', vcpu, value });
const enter = (vcpu = 0): CommandInput => ({ kind: 'enter', vcpu });

async function watchNewVm(config: Parameters<Lab['createVm']>[0]) {
  const vm = await lab.createVm(config);
  const page = await lab.open(`/vm/${vm}`);
  const shown = shownBy(page);
  await expect.poll(shown.connection).toBe('live');
  return { vm, page, shown };
}

test('roots rotate through the slots of root_mmu as KVM rotates them', async () => {
  const { vm, shown } = await watchNewVm({ policy: 'mainline' });
  await expect.poll(() => shown.roots(0, 'root')).toEqual(['-', '-', '-', '-']);
  await expect.poll(() => shown.mmuInUse(0)).toBe('root');

  await lab.run(vm, movCr3('0x1000'), movCr3('0x2000'), movCr3('0x3000'), enter());
  await expect
    .poll(() => shown.roots(0, 'root'))
    .toEqual(['0x3000 0x100003000', '0x2000 0x100002000', '0x1000 0x100001000', '0x0 0x100000000']);
  await expect.poll(() => shown.register(0, 'CR3')).toBe('0x3000');

  await lab.run(vm, movCr3('0x1000'));
  await expect
    .poll(() => shown.roots(0, 'root'))
    .toEqual(['0x1000 0x100001000', '0x3000 0x100003000', '0x2000 0x100002000', '0x0 0x100000000']);

  await lab.run(vm, { kind: 'free-roots', vcpu: 0, mmu: 'root', roots: ['prev1'] });
  await expect
    .poll(() => shown.roots(0, 'root'))
    .toEqual(['0x1000 0x100001000', '0x3000 0x100003000', '-', '0x0 0x100000000']);
  await expect.poll(() => shown.roots(0, 'guest')).toEqual(['-', '-', '-', '-']);
});

test('a marked root is seen to be unsync until it is used again', async () => {
  const { vm, shown } = await watchNewVm({ policy: 'need-sync', registers: { cr4: '0x200a0' } });
  await lab.run(vm, movCr3('0x1001'), movCr3('0x2002'), enter());
  await lab.run(vm, { kind: 'invpcid', vcpu: 0, type: 1, pcid: 1, gva: '0x0' });
  await expect
    .poll(() => shown.roots(0, 'root'))
    .toEqual(['0x2002 0x100002000', '0x1001 0x100001000 unsync', '0x0 0x100000000', '-']);

  await lab.run(vm, movCr3('0x8000000000001001'), enter());
  await expect
    .poll(() => shown.roots(0, 'root'))
    .toEqual(['0x1001 0x100001000', '0x2002 0x100002000', '0x0 0x100000000', '-']);
});

test('requests open with a flushing MOV CR3 and close with the entry, which flushes', async () => {
  const { vm, shown } = await watchNewVm({ policy: 'mainline' });
  await lab.run(vm, movCr3('0x1000'), enter(), movCr3('0x0'));
  await expect
    .poll(() => shown.requests(0))
    .toEqual(['MMU_SYNC', 'LOAD_MMU_PGD', 'TLB_FLUSH_CURRENT']);
  await expect.poll(() => shown.mode(0)).toBe('host');
  await expect.poll(() => shown.flushCounts(0)).toEqual(['current 2']);

  await lab.run(vm, enter());
  await expect.poll(() => shown.requests(0)).toEqual([]);
  await expect.poll(() => shown.mode(0)).toBe('guest L1');
  await expect.poll(() => shown.flushCounts(0)).toEqual(['current 3']);
  await expect.poll(() => shown.madeCount(0, 'MMU_SYNC')).toBe(2);
  await expect.poll(() => shown.madeCount(0, 'TLB_FLUSH')).toBe(0);

  await lab.run(vm, { kind: 'invlpg', vcpu: 0, gva: '0x7000' });
  await expect.poll(() => shown.flushCounts(0)).toEqual(['current 3', 'address 1']);
  await expect
    .poll(() => shown.flushStrip(0))
    .toEqual(['current', 'current', 'current', 'address']);
});

test('each event is a row in the words of KVM, and a filter keeps those of a kind', async () => {
  const { vm, page, shown } = await watchNewVm({ policy: 'mainline', vcpus: 2 });
  await lab.run(vm, enter(1), movCr3('0x100000000000000', 1));
  const rows = [
    '1 | 1 | enter |  | ok',
    '2 | 1 | page-allocated | hpa 0x100000000 gfn 0x0 level 4 role 0x3704',
    '3 | 1 | root-allocated | root_mmu pgd 0x0 hpa 0x100000000 level 4 new',
    '4 | 1 | root-synced | root_mmu pgd 0x0 hpa 0x100000000',
    '5 | 1 | tlb-flushed | current vpid 3 by kvm',
    '6 | 1 | vm-entered | L1 root 0x100000000',
    '7 | 1 | mov-cr3 | 0x100000000000000 | #GP(0)',
    '8 | 1 | vm-exit | L1 to host CR_ACCESS qualification 0x3',
    '9 | 1 | fault-injected | #GP(0)',
  ];
  await expect.poll(shown.events).toEqual(rows);
  await expect.poll(() => shown.mode(0)).toBe('host');

  await page.getByLabel('Filter by kind').fill('root-');
  await expect.poll(shown.events).toEqual(rows.slice(2, 4));
  await page.getByLabel('Filter by kind').fill('');
  await expect.poll(shown.events).toEqual(rows);
});

test('the list follows its end, holds still when it is scrolled up, and goes on by keyboard', async () => {
  const { vm, page, shown } = await watchNewVm({ policy: 'mainline' });
  await lab.run(vm, ...['1', '2', '3', '4', '5', '6'].map((page) => movCr3(`0x${page}000`)));
  const list = page.getByRole('log', { name: 'Events' });
  const hidden = () => list.evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight);
  await expect.poll(async () => (await shown.seqs()).length).toBeGreaterThan(60);
  await expect.poll(hidden).toBeLessThan(1);
  const seqs = await shown.seqs();

  await list.focus();
  await page.keyboard.press('Home');
  await expect.poll(() => list.evaluate((e) => e.scrollTop)).toBe(0);
  await lab.run(vm, enter());
  await expect.poll(() => shown.requests(0)).toEqual([]);
  await expect.poll(() => shown.seqs()).toEqual(seqs);

  await page.getByRole('button', { name: 'To the end' }).focus();
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await shown.seqs()).length).toBe(seqs.length + 8);
  await expect.poll(hidden).toBeLessThan(1);
});

test('a VM is created by keyboard, and its address shows it to someone else', async () => {
  const page = await lab.open('/');
  await page.getByLabel('Policy').selectOption('cached-roots');
  await page.getByLabel('Paging').selectOption('ept');
  await page.getByLabel('vCPUs').fill('3');
  await page.getByRole('button', { name: 'Create VM' }).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/vm\/vm-/);
  const other = await lab.open(new URL(page.url()).pathname);
  await expect.poll(shownBy(other).connection).toBe('live');
  expect(await other.locator('.fact-policy dd').textContent()).toBe('cached-roots');
  expect(await other.locator('.fact-paging dd').textContent()).toBe('ept');
  expect(await other.locator('[data-vcpu]').count()).toBe(3);
});

test('nothing is wider than a screen of 400 pixels, and there too roots lie over slots', async () => {
  const { vm, page, shown } = await watchNewVm({ policy: 'mainline', vcpus: 2 });
  await page.setViewportSize({ width: 400, height: 800 });
  await lab.run(vm, movCr3('0x1000'), movCr3('0xfffff000'), enter());
  await expect
    .poll(() => shown.roots(0, 'root'))
    .toEqual(['0xfffff000 0x100002000', '0x1000 0x100001000', '0x0 0x100000000', '-']);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(400);
});

test('a screenshot is as wide as the window, in light and in dark', async () => {
  const { vm, page, shown } = await watchNewVm({
    policy: 'need-sync',
    vcpus: 2,
    registers: { cr4: '0x200a0' },
  });
  const pgds = ['0x1001', '0x2002', '0x3003', '0x4004', '0x5005'];
  await lab.run(vm, ...pgds.flatMap((pgd) => [movCr3(pgd), enter()]));
  await lab.run(vm, { kind: 'invpcid', vcpu: 0, type: 1, pcid: 4, gva: '0x0' });
  await lab.run(vm, { kind: 'invlpg', vcpu: 0, gva: '0x7000' }, movCr3('0x3003'), enter(1));
  await expect
    .poll(() => shown.requests(0))
    .toEqual(['MMU_SYNC', 'LOAD_MMU_PGD', 'TLB_FLUSH_CURRENT']);
  const folder = process.env.SCREENSHOTS ?? mkdtempSync(join(tmpdir(), 'mmulab-page-'));
  for (const [name, width, colorScheme] of [
    ['light', 1280, 'light'],
    ['dark', 1280, 'dark'],
    ['narrow', 400, 'light'],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    const image = await page.screenshot({ path: join(folder, `page-${name}.png`) });
    expect(image.readUInt32BE(16)).toBe(width);
  }
});

test('a violation is told in the warning colour, and counted at the vCPU', async () => {
  const { vm, shown } = await watchNewVm({ policy: BROKEN_POLICY });
  await lab.run(vm, ...LEADING_UP);
  await expect.poll(() => shown.counter(0, 'violations')).toBe('0');
  await lab.run(vm, LAST_READ);
  await expect.poll(() => shown.counter(0, 'violations')).toBe('1 wrong');
  const told = 'A read of 0x400000 went to 0x100000 by a walk, where it may no longer lead';
  await expect.poll(async () => (await shown.events()).join()).toContain(told);
  const colour = await shown.colourOf('violation');
  expect(colour).not.toBe(await shown.colourOf('access'));
});
