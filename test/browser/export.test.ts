import {
  createReadStream,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { run } from '../cli/run.js';
import { type Lab, startLab } from './lab.js';

let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab?.close());

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mmulab-export-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Serves files below a path, and nothing else, as a plain host of files does. */
async function serve(folder: string) {
  const missed: string[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '').replace(/^\/some\/where\//, '');
    const file = join(folder, path === '' ? 'index.html' : path);
    const type = TYPES[extname(file)];
    if (!existsSync(file) || type === undefined) {
      missed.push(request.url ?? '');
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': type });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/some/where/`, missed };
}

test('a folder of files replays its case where nothing but files is served', async () => {
  const folder = newFolder();
  const { stdout: input } = await run(['museum', '--case-of', 'pcid-flush-spares-prev-roots']);
  const { code, stdout, stderr } = await run(['export', join(folder, 'page'), '-'], { input });
  expect([code, stdout, stderr]).toEqual([0, `${join(folder, 'page', 'index.html')}\n`, '']);
  const files = readdirSync(join(folder, 'page'), { recursive: true, encoding: 'utf8' });
  expect(files.filter((file) => /docs/.test(file))).toEqual([]);

  const { url, missed } = await serve(join(folder, 'page'));
  const page = await lab.openAt(url);
  await page.locator('.moment').waitFor();
  expect(await page.locator('.case-note').textContent()).toBe(
    'The same state as where it was recorded.',
  );
  expect(await page.locator('.bar-links a').count()).toBe(0);
  await page.keyboard.press('x');
  await expect.poll(() => page.locator('.run-lane-drop').count()).toBe(2);
  expect(missed).toEqual([]);
  expect(lab.complaints).toEqual([]);
});

test('without a case it offers some, and a link to one works there', async () => {
  const folder = newFolder();
  expect((await run(['export', folder])).code).toBe(0);
  const { url, missed } = await serve(folder);
  const page = await lab.openAt(url);
  await page.getByRole('button', { name: 'need-sync-posted-t16' }).click();
  await page.locator('.moment').waitFor();
  expect(page.url()).toMatch(new RegExp(`^${url}#1\\.[\\w-]+$`));
  const other = await lab.openAt(`${page.url()}@39`);
  await expect.poll(() => other.locator('.moment').getAttribute('data-seq')).toBe('39');
  expect(missed).toEqual([]);
});

test.each([
  ['a folder that is not empty', (folder: string) => folder, 'it is not empty; name a new folder'],
  ['a file', (folder: string) => join(folder, 'taken'), 'EEXIST'],
])('%s is refused', async (_what, of, said) => {
  const folder = newFolder();
  writeFileSync(join(folder, 'taken'), '');
  const { code, stderr } = await run(['export', of(folder)]);
  expect(code).toBe(2);
  expect(stderr).toContain(`Cannot export to "${of(folder)}": `);
  expect(stderr).toContain(said);
});
