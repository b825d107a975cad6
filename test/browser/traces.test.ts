import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { commandsOf, MUSEUM } from '../../src/lab/index.js';
import { demoOf } from './demo.js';
import { type Lab, startLab } from './lab.js';

const TRACES = new URL('../../conformance/kvm-traces/', import.meta.url).pathname;
const GUESSED = `${TRACES}linux-6.1/svm_shadow/a2_unsync.plain.txt.gz`;
const SEEN = `${TRACES}linux-6.1/vmx_shadow/p5_unsync.plain.txt.gz`;

let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab?.close());
afterEach(() => expect(lab.complaints).toEqual([]));

/** Picks policies, so that the score takes no time. */
async function pickMainline(page: Page): Promise<void> {
  await page.getByText('Policies: all').click();
  const boxes = page.locator('.policy-choice label');
  for (const name of await boxes.allInnerTexts()) {
    if (name.trim() !== 'mainline') await page.getByLabel(name.trim(), { exact: true }).uncheck();
  }
  expect(await page.getByLabel('mainline', { exact: true }).isDisabled()).toBe(true);
}

test('a file becomes a verdict, and a VM whose commands say how sure they are', async () => {
  const page = await lab.open('/traces');
  await page.locator('[name="policy"]').first().waitFor({ state: 'attached' });
  await page.locator('.drop-zone input').setInputFiles(GUESSED);
  await page.getByRole('button', { name: 'Open as a VM' }).waitFor();
  expect(new URL(page.url()).pathname).toMatch(/^\/traces\/job-/);
  expect(await page.locator('h1').innerText()).toBe('a2_unsync.plain.txt.gz');
  const signs = await page.locator('.confidences li').allInnerTexts();
  expect(signs.map((text) => text.replace(/^[\d,]+ /, ''))).toEqual([
    'seen',
    'inferred',
    'guessed',
  ]);
  expect(await page.locator('[data-lane]').count()).toBeGreaterThan(1);
  await page.locator('.chart-plot canvas').waitFor();

  await page.getByRole('button', { name: 'Open as a VM' }).click();
  await page.getByText('of trace').waitFor();
  expect(await page.locator('.vm-head h1').innerText()).toBe('a2_unsync.plain.txt.gz');
  await page.locator('.sign-guessed').waitFor();
  const vm = new URL(page.url()).pathname.split('/').at(-1) ?? '';
  type Known = { commands: { seq: number; confidence: string; at: number }[] };
  const { commands } = await lab.get<Known>(`/v1/vms/${vm}/trace`);
  const guessed = commands.find(({ confidence }) => confidence === 'guessed');
  const moment = await lab.open(`/vm/${vm}@${guessed?.seq}`);
  await expect
    .poll(() => moment.locator('.confidence').innerText())
    .toBe(
      `guessed: the likeliest of several; ${((guessed?.at ?? 0) / 1e6).toFixed(3)} ms in the trace`,
    );
});

test('a file is dropped, for the policies that are picked, and saved as text', async () => {
  // The page of cases loads what opens a file that is dropped anywhere else.
  const page = await lab.open('/case');
  await page.getByRole('link', { name: 'Traces', exact: true }).click();
  await page.locator('[name="policy"]').first().waitFor({ state: 'attached' });
  await pickMainline(page);
  const bytes = [...readFileSync(SEEN)];
  const visited: string[] = [];
  page.on('framenavigated', (frame) => visited.push(new URL(frame.url()).pathname));
  await page.evaluate((content) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([new Uint8Array(content)], 'p5.txt.gz'));
    const zone = document.querySelector('.drop-zone');
    zone?.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  }, bytes);
  await page.getByRole('button', { name: 'Open as a VM' }).waitFor();
  expect(visited).toEqual([expect.stringMatching(/^\/traces\/job-/)]);
  expect(await page.locator('[data-lane]').allInnerTexts()).toHaveLength(1);
  expect(await page.locator('.agreement').getAttribute('data-wrong')).toBe('false');
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Text for a mail' }).click();
  const path = await (await saving).path();
  expect(readFileSync(path, 'utf8')).toMatch(/^Trace p5\.txt\.gz: 1335 lines/);
});

test('a file that is no trace says what it lacks, and a broken one that it was not read', async () => {
  const page = await lab.open('/traces');
  const nothing = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('hello\n') };
  await page.locator('.drop-zone input').setInputFiles(nothing);
  await page.getByText('No event was found').waitFor();
  const broken = readFileSync(`${TRACES}dat/k61-tc316-a2.v7zlib.dat`).subarray(0, 300);
  await page.goto(new URL('/traces', page.url()).href);
  await page
    .locator('.drop-zone input')
    .setInputFiles({ name: 'half.dat', mimeType: '', buffer: broken });
  await expect.poll(() => page.locator('.card h1').innerText()).toBe('This trace was not read');
  const gone = await lab.open('/traces/job-99');
  await expect.poll(() => gone.locator('.card h1').innerText()).toBe('This trace is gone');
});

test('a VM that goes wrong is shrunk by a button, to a case and tests', async () => {
  const exhibit = MUSEUM.find(({ name }) => name === 'pcide-keeps-roots');
  if (exhibit === undefined) throw new Error('no such exhibit');
  const vm = await lab.createVm({ ...exhibit.scene.config, ...exhibit.amiss });
  await lab.run(vm, ...commandsOf(exhibit.scene));
  const page = await lab.open(`/vm/${vm}`);
  await page.getByRole('button', { name: 'Shrink' }).click();
  await page.getByText('11 commands cut to 9').waitFor();
  expect(await page.locator('.shrunk-commands li').count()).toBe(9);
  await page.getByRole('button', { name: 'C for kvm-unit-tests' }).click();
  expect(await page.locator('.code').innerText()).toContain('return report_summary();');
  await page.getByText('Replay it').click();
  await page.locator('.lane-tools-bad').waitFor();
});

test('a VM without a mistake has no such button', async () => {
  const vm = await demoOf(lab, { workload: 'kpti', policy: 'mainline', commands: 50 });
  const page = await lab.open(`/vm/${vm}`);
  await page.getByRole('button', { name: 'Console' }).waitFor();
  expect(await page.getByRole('button', { name: 'Shrink' }).count()).toBe(0);
});
