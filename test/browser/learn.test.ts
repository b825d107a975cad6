import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Lab, startLab } from './lab.js';

let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab?.close());
afterEach(() => expect(lab.complaints).toEqual([]));

test('a lesson is run by keys on VMs of its own, which its page links to', async () => {
  const page = await lab.open('/learn');
  await page.locator('.exhibit a').first().focus();
  await page.keyboard.press('Enter');
  const commands = page.locator('.lesson-command');
  await commands.first().waitFor();
  for (const [index, place] of [0, 4, 5, 6, 7].entries()) {
    const command = commands.nth(place);
    await command.locator('button').focus();
    await page.keyboard.press('Enter');
    await expect
      .poll(() => command.locator('.hint').allInnerTexts(), { message: `command ${index}` })
      .toEqual(['Done, as the text says.']);
  }
  const links = page.locator('.lesson-vms a');
  expect(await links.allInnerTexts()).toEqual([
    expect.stringMatching(/^vm-1/),
    expect.stringMatching(/^vm-2/),
    expect.stringMatching(/^vm-2/),
  ]);
  expect(await links.first().getAttribute('href')).toMatch(/^\/vm\/vm-1/);
});

test('a command that needs an earlier one says so, and a lesson that there is not has a card', async () => {
  const page = await lab.open('/learn/a-stale-read');
  const later = page.locator('.lesson-command', { hasText: '/write' }).first();
  await later.locator('button').click();
  await expect.poll(() => later.locator('.failure').innerText()).toContain('is set further up');
  const none = await lab.open('/learn/none');
  await expect.poll(() => none.locator('.card h1').innerText()).toBe('No such lesson');
});
