import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { faultsIn } from './axe.js';
import { type Lab, startLab } from './lab.js';

let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab?.close());
afterEach(() => expect(lab.complaints).toEqual([]));

/** An exhibit with one violation: store @23, mov-cr3 @39, root-reused @53, read @58. */
const EXHIBIT = 'need-sync-posted-t16';

async function openExhibit(): Promise<Page> {
  const page = await lab.open('/case');
  await page.getByRole('button', { name: EXHIBIT }).click();
  await page.locator('.moment').waitFor();
  return page;
}

const momentOf = (page: Page) => page.locator('.moment').getAttribute('data-seq');

/** Rows of the state that are lit: `part/name: before -> after`. */
const litIn = (page: Page) =>
  page
    .locator('.state [data-changed="true"]')
    .evaluateAll((rows) =>
      rows.map(
        (row) =>
          `${row.getAttribute('data-row')}: ${row.children[1]?.textContent} -> ${row.children[2]?.textContent}`,
      ),
    );

test('a violation is shown in four stations, and each opens its moment', async () => {
  const page = await openExhibit();
  expect(await momentOf(page)).toBe('58');
  const stations = page.locator('.station');
  expect(await stations.locator('.station-role').allTextContents()).toEqual([
    'changed',
    'should have dropped it',
    'survived',
    'used',
  ]);
  expect(await stations.locator('.station-seq').allTextContents()).toEqual([
    '@23',
    '@39',
    '@53',
    '@58',
  ]);
  await stations.nth(1).getByRole('button').click();
  await expect.poll(() => momentOf(page)).toBe('39');
  await expect.poll(() => page.locator('.moment-events h2').textContent()).toContain('mov-cr3');
  await page.goBack();
});

test('what the guest, KVM and the processor translate stands beside each other', async () => {
  const page = await openExhibit();
  await expect.poll(() => page.locator('.walk-end').first().textContent()).toBe('0x1a000 rwxu');
  expect(await page.locator('.look-address').inputValue()).toBe('0x400000');
  const shadow = page.getByRole('region', { name: "KVM's tables" });
  expect(await shadow.locator('.walk-end').textContent()).toBe(
    "0x10000 elsewhere than the guest's tables",
  );
  expect(await shadow.getAttribute('data-differs')).toBe('true');
  expect(await page.locator('.cached').textContent()).toContain('0x10000 linear VPID 1 PCID 0');
  await page.locator('.look-address').fill('0x7000');
  await page.locator('.look-address').press('Enter');
  await expect.poll(() => page.locator('.walk-end').first().textContent()).toBe('#PF(0)');
});

test('keys step by an event and by a command; only changes are lit', async () => {
  const page = await openExhibit();
  const press = async (key: string, seq: string) => {
    await page.keyboard.press(key);
    await expect.poll(() => momentOf(page)).toBe(seq);
  };
  await press('ArrowRight', '59');
  await press('ArrowLeft', '58');
  await press('Shift+ArrowLeft', '55');
  expect(await litIn(page)).toEqual([
    'Mode/runs: host -> L1',
    'Requests/LOAD_MMU_PGD: pending -> -',
  ]);
  await press('Shift+ArrowLeft', '50');
  await press('Shift+ArrowRight', '55');
  await expect.poll(() => page.url()).toMatch(/@55$/);
});

test('a link shows the same case at the same moment, with nothing asked of the server', async () => {
  const page = await openExhibit();
  await page.keyboard.press('Shift+ArrowLeft');
  await expect.poll(() => page.url()).toMatch(/\/case#1\.[\w-]+@55$/);
  const asked: string[] = [];
  const other = await page.context().newPage();
  other.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await other.goto(page.url());
  await expect.poll(() => momentOf(other)).toBe('55');
  expect(await litIn(other)).toEqual(await litIn(page));
  expect(asked.filter((path) => path.startsWith('/v1'))).toEqual([]);
});

test('three policies run the same commands, and part where it is lit', async () => {
  const page = await openExhibit();
  await page.keyboard.press('x');
  await expect.poll(() => page.locator('.run-lane-drop').count()).toBe(3);
  const names = await page.locator('.run-lane-name').allTextContents();
  expect(names).toEqual(['need-sync-posted', 'mainline', 'need-sync', 'never-cache']);
  expect(await page.locator('.run-lane-parts').allTextContents()).toEqual([
    'parts @43',
    'parts @18',
    'parts @18',
  ]);
  await page.locator('[data-lane="never-cache"] .run-lane-parts').click();
  await expect.poll(() => momentOf(page)).toBe('18');
  const lit = page.locator('[data-lane="never-cache"] [data-parted="true"]');
  await expect.poll(() => lit.count()).toBe(1);
  await page.getByRole('button', { name: 'Close never-cache' }).click();
  await expect.poll(() => page.locator('.run-lane').count()).toBe(3);
});

test('a line taken out of KVM at a moment makes the oracle object', async () => {
  const page = await lab.open('/case');
  await page.getByRole('button', { name: 'kpti' }).click();
  await page.locator('.moment').waitFor();
  expect(await page.locator('.run-lane-violations').count()).toBe(0);
  await page.locator('.stepper-seq').fill('2000');
  await page.locator('.stepper-seq').press('Enter');
  await expect.poll(() => momentOf(page)).toBe('2000');
  await page.getByLabel('line of KVM').selectOption('invlpg-keeps-leaf');
  await page.getByRole('button', { name: 'Take it out from @2000 on' }).click();
  const found = page.locator('.run-lane-violations');
  await expect.poll(() => found.count()).toBe(1);
  await found.click();
  await expect.poll(() => page.locator('.stations').count()).toBe(1);
  expect(Number(await momentOf(page))).toBeGreaterThan(2000);
});

test('the lanes over time and the moment have one playhead', async () => {
  const page = await openExhibit();
  const lanes = page.getByRole('region', { name: 'Lanes over time' });
  await expect.poll(() => lanes.locator('.reading-seq').textContent()).toBe('@58');
  await page.keyboard.press('ArrowLeft');
  await expect.poll(() => momentOf(page)).toBe('57');
  await expect.poll(() => lanes.locator('.reading-seq').textContent()).toBe('@57');
  await page.locator('.scrub input').fill('20');
  await expect.poll(() => lanes.locator('.reading-seq').textContent()).toBe('@20');
  expect(await page.getByRole('button', { name: 'Follow' }).count()).toBe(0);
});

test('a link holds the window and the lanes beside the first one', async () => {
  const page = await openExhibit();
  await page.keyboard.press('x');
  await expect.poll(() => page.locator('.run-lane-drop').count()).toBe(3);
  await page.keyboard.press('w');
  await expect
    .poll(() => page.url())
    .toMatch(/@58&lanes=mainline,need-sync,never-cache&window=\d+-\d+$|&lanes=.*&window=\d+-\d+$/);
  const range = (one: Page) => one.locator('.lane-tools-range').innerText();
  const shown = await range(page);
  const other = await lab.openAt(page.url());
  await expect.poll(() => other.locator('.run-lane-drop').count()).toBe(3);
  await expect.poll(() => range(other)).toBe(shown);
});

/** More commands than a link holds, no two of them alike. */
const LONG = {
  ...{ format: 'mmulab-case', formatVersion: 1, mmulab: '0', config: {} },
  commands: Array.from({ length: 9000 }, (_, index) => ({
    ...{ kind: 'mov-cr3', vcpu: 0 },
    value: `0x${((index * 7919) % 0xffff).toString(16)}000`,
  })),
};

/** Drops a file on the page, as a reader does. */
async function drop(page: Page, name: string, text: string): Promise<void> {
  const files = await page.evaluateHandle(
    ([name, text]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], name));
      return transfer;
    },
    [name, text] as const,
  );
  await page.dispatchEvent('body', 'drop', { dataTransfer: files });
}

test('a case too long for a link is saved as a file, which a page and a server replay', async () => {
  const page = await lab.open('/race');
  await page.locator('.race-form').waitFor();
  await drop(page, 'long.json', JSON.stringify(LONG));
  await page.locator('.moment').waitFor();
  expect(new URL(page.url()).hash).toMatch(/^#held/);
  expect(await page.locator('.case-link').textContent()).toContain('too long for a link');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save as file' }).click(),
  ]);
  const file = readFileSync(await download.path(), 'utf8');
  expect(await lab.post('/v1/cases', JSON.parse(file))).toMatchObject({ met: true });
  await page.reload();
  await expect
    .poll(() => page.locator('.card').textContent())
    .toContain('the page that held it is gone');
  await drop(page, 'case.json', file);
  await expect
    .poll(() => page.locator('.case-note').first().textContent())
    .toBe('The same state as where it was recorded.');
});

test('a file that is no case is told where a case is opened', async () => {
  const page = await lab.open('/race');
  await page.locator('.race-form').waitFor();
  await drop(page, 'notes.txt', 'hello');
  await expect
    .poll(() => page.locator('.open-case .failure').textContent())
    .toBe('notes.txt: This is no case file: it is not JSON');
});

test('the link to the content moves the focus, and leaves the case', async () => {
  const page = await openExhibit();
  await page.locator('.skip').focus();
  await page.keyboard.press('Enter');
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('content');
  expect(await page.locator('.moment').count()).toBe(1);
});

test.each([
  ['1.AAAA', 'No case in this link', 'The case in this link is damaged'],
  ['hello', 'No case in this link', 'There is no case in this link, or it was cut off'],
  ['7.q1bKzg', 'A case of another version', 'This link has form 7, and this mmulab reads form 1'],
])('#%s is told in a card', async (fragment, title, said) => {
  const page = await lab.open(`/case#${fragment}`);
  await expect.poll(() => page.locator('.card h1').textContent()).toBe(title);
  expect(await page.locator('.card').textContent()).toContain(said);
  await page.getByRole('button', { name: 'Open another case' }).click();
  await page.locator('.open-ways').waitFor();
});

test('a case that names what there is not is told in a card', async () => {
  const page = await lab.open('/case');
  const file = (text: string) => ({
    name: 'a.json',
    mimeType: 'application/json',
    buffer: Buffer.from(text),
  });
  const choose = (text: string) => page.locator('input[type=file]').setInputFiles(file(text));
  await page.locator('input[type=file]').waitFor();
  const failure = page.locator('.open-case .failure');
  await choose('{');
  await expect
    .poll(() => failure.textContent())
    .toBe('a.json: This is no case file: it is not JSON');
  await choose('{"format":"mmulab-case","formatVersion":2}');
  await expect.poll(() => failure.textContent()).toContain('made by another version');
  const body = { format: 'mmulab-case', formatVersion: 1, config: { vcpus: 99 }, commands: [] };
  await choose(JSON.stringify(body));
  await expect
    .poll(() => page.locator('.card').textContent())
    .toContain('This is no case of this version: at config/vcpus');
});

test('it fits the window at three widths, in light and in dark', async () => {
  const page = await openExhibit();
  await page.keyboard.press('x');
  await expect.poll(() => page.locator('.run-lane-drop').count()).toBe(3);
  await page.keyboard.press('y');
  await page.locator('.why-parts').waitFor();
  const folder = process.env.SCREENSHOTS ?? mkdtempSync(join(tmpdir(), 'mmulab-case-'));
  for (const width of [1440, 1024, 390]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      expect(await faultsIn(page)).toEqual([]);
      const path = join(folder, `case-${width}-${colorScheme}.png`);
      await page.screenshot({ path, fullPage: true });
    }
  }
});
