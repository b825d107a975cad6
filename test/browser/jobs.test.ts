import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Lab, startLab } from './lab.js';

let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab?.close());
afterEach(() => expect(lab.complaints).toEqual([]));

const race = (commands: number) =>
  lab.post<{ id: string }>('/v1/races', {
    source: { kind: 'workload', name: 'kpti', seed: 1, parameters: { commands } },
    policies: ['mainline', 'need-sync'],
  });

test('jobs tell how far they are, lead to their results, and are cancelled and forgotten by keys', async () => {
  const page = await lab.open('/jobs');
  await page.locator('.jobs a[href="/race"]').waitFor();
  const { id: done } = await race(50);
  const { id: long } = await race(400_000);
  const stateOf = (id: string) => page.locator(`[data-job="${id}"]`).getAttribute('data-state');
  await expect.poll(() => stateOf(done)).toBe('done');
  await expect.poll(() => stateOf(long)).toBe('running');
  await expect
    .poll(() => page.locator(`[data-job="${long}"] label`).innerText())
    .toMatch(/^[1-9][\d,]* of 400,000, \d/);
  await page.getByRole('button', { name: `Cancel ${long}` }).focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => page.locator(`[data-job="${long}"]`).count()).toBe(0);
  await page.locator(`[data-job="${done}"] a`).focus();
  await page.keyboard.press('Enter');
  await page.locator('.standing').first().waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('b');
  await page.getByRole('button', { name: `Forget ${done}` }).click();
  await page.locator('.jobs a[href="/race"]').waitFor();
});

test('a sweep has a page, and one that is gone says so', async () => {
  const { id } = await lab.post<{ id: string }>('/v1/sweeps', {
    ...{ workloads: ['kpti', 'unmap'], policies: ['mainline', 'never-cache'] },
    ...{ prevRoots: [0, 3], seeds: [1, 2], commands: 50, prices: ['xeon-8269cy-4.19'] },
  });
  const page = await lab.open(`/sweep/${id}`);
  await expect
    .poll(() => page.locator('.slot-title').allInnerTexts())
    .toEqual([
      'kpti, kernel 6.1, by xeon-8269cy-4.19; thousands of cycles',
      'unmap, kernel 6.1, by xeon-8269cy-4.19; thousands of cycles',
    ]);
  expect(await page.locator('.chart-plot canvas').count()).toBe(2);
  const gone = await lab.open('/sweep/job-99');
  await expect.poll(() => gone.locator('.card h1').innerText()).toBe('This sweep is gone');
});

test('a search is started by a form, and its counterexample opened as a VM', async () => {
  const page = await lab.open('/explore');
  await page.locator('[name="policy"]').selectOption('need-sync-posted');
  await page.locator('[name="one-pcid"]').check();
  await page.locator('[name="depth"]').fill('4');
  await page.getByRole('button', { name: 'Explore' }).click();
  await page.locator('.shrunk-commands').waitFor();
  expect(await page.locator('.shrunk-commands b').allInnerTexts()).toEqual([
    ...['write', 'mov-cr3', 'mov-cr3', 'read'],
  ]);
  expect(await page.locator('.shrunk-failure').innerText()).toMatch(/^no-violation fails after 4/);
  await page.getByRole('button', { name: 'Open as a VM' }).click();
  await page.locator('.lane-tools-bad').waitFor();
  const gone = await lab.open('/explore/job-99');
  await expect.poll(() => gone.locator('.card h1').innerText()).toBe('This search is gone');
});

test('a path that is no page, and a server that does not answer, have a card each', async () => {
  const page = await lab.open('/jobs');
  await page.locator('.jobs').waitFor();
  await page.evaluate(() => history.pushState(null, '', '/nowhere'));
  await page.evaluate(() => dispatchEvent(new PopStateEvent('popstate')));
  await expect.poll(() => page.locator('.card h1').innerText()).toBe('No such page');
  await page.locator('.card a').click();
  await page.context().setOffline(true);
  await page.keyboard.press('g');
  await page.keyboard.press('b');
  await expect.poll(() => page.locator('.card h1').innerText()).toBe('The server does not answer');
  await page.context().setOffline(false);
  await page.locator('.card button').click();
  await page.locator('.jobs').waitFor();
});
