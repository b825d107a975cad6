import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { tokenOf } from '../../src/server/index.js';
import { type Lab, startLab } from './lab.js';

const TOKEN = 'page-0123456789abcdef';

let lab: Lab;

beforeAll(async () => {
  lab = await startLab({ tokens: [tokenOf('full', TOKEN)] }, TOKEN);
});
afterAll(() => lab?.close());
afterEach(() => expect(lab.complaints).toEqual([]));

test('the reference at /docs takes nothing from elsewhere, and its policy hinders nothing', async () => {
  const page = await lab.open('/docs');
  await page.locator('.opblock').first().waitFor();
  expect(await page.locator('h1, .title').first().textContent()).toContain('mmulab');
  const operation = page.locator('#operations-vms-createVm');
  await operation.locator('.opblock-summary-control').click();
  await operation.locator('.opblock-body').waitFor();
  const loaded = await page.evaluate(() =>
    performance.getEntriesByType('resource').map(({ name }) => new URL(name).origin),
  );
  expect([...new Set(loaded)]).toEqual([new URL(page.url()).origin]);
});

test('a page that was opened with a token watches a VM, and hides the token', async () => {
  const vm = await lab.createVm({ policy: 'mainline' });
  const page = await lab.open(`/vm/${vm}#token=${TOKEN}`);
  await expect.poll(() => page.locator('.lamp-lag [role="status"]').textContent()).toBe('live');
  expect(page.url()).not.toContain(TOKEN);
  await page.goto(new URL('/', page.url()).href);
  await expect.poll(() => page.locator('.vm-row-name b').allTextContents()).toEqual([vm]);
});

test('a page without one asks for it, and goes on once it has one', async () => {
  const vm = await lab.createVm({});
  const page = await lab.open(`/vm/${vm}`);
  await page.evaluate(() => sessionStorage.clear());
  await page.reload();
  const card = page.locator('.card');
  await expect.poll(() => card.locator('h1').innerText()).toBe('This server needs a token');
  const field = page.locator('[name="token"]');
  await field.fill('none of its tokens');
  await page.keyboard.press('Enter');
  await expect.poll(() => card.locator('.failure').innerText()).toContain('without a space');
  await field.fill('wrong-0123456789abcdef');
  await page.keyboard.press('Enter');
  await expect
    .poll(() => card.locator('p').first().innerText())
    .toBe('The token that was given is none of its tokens.');
  await page.locator('[name="stays"]').check();
  await page.locator('[name="token"]').fill(TOKEN);
  await page.keyboard.press('Enter');
  await page.locator('.vm-head').waitFor();
  const other = await lab.open(`/vm/${vm}`);
  await other.locator('.vm-head').waitFor();
});
