import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ROOT } from './program.js';
import { run } from './run.js';

/** A recording, of which some operations are judged. */
const RECORDING = join(ROOT, 'conformance/findings/min-inv-7.3.json');

/** A folder with some empty files and folders, and recordings. */
function folderWith({ files = [], recordings = [] }: Partial<Record<string, string[]>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'mmulab-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const below of ['a', 'a/deep', 'b', 'b/folder.json']) mkdirSync(join(folder, below));
  for (const file of files) writeFileSync(join(folder, file), '');
  for (const file of recordings) copyFileSync(RECORDING, join(folder, file));
  return folder;
}

test('every *.json below a folder is judged, in the order of the paths, and nothing else', async () => {
  const folder = folderWith({
    files: ['z.json', 'b/2.json', 'a/deep/1.json', 'a/notes.txt', 'b/json', 'a.json.bak'],
    recordings: ['a/good.json', 'b/folder.json/good.json'],
  });
  const one = await run(['conform', RECORDING]);
  const passed = Number(/^(\d+) passed, 0 failed\n$/.exec(one.stdout)?.[1]);
  const { code, stdout } = await run(['conform', folder]);
  expect([code, stdout]).toEqual([
    1,
    `${['a/deep/1.json', 'b/2.json', 'z.json']
      .map((file) => `FAIL ${join(folder, file)}: ${EMPTY}\n`)
      .join('')}${2 * passed} passed, 3 failed\n`,
  ]);
});

const EMPTY = 'expected a file of JSON that can be read, came Unexpected end of JSON input';

test('a folder without any is a failure, and the others are judged', async () => {
  const empty = folderWith({ files: ['a/notes.txt'] });
  const { code, stdout } = await run(['conform', empty, folderWith({ files: ['b/1.json'] }), '-'], {
    input: '',
  });
  const [first, second, third, ...rest] = stdout.split('\n');
  expect([code, first]).toEqual([
    1,
    `FAIL ${empty}: expected a file of JSON that can be read, came a folder with no *.json below it`,
  ]);
  expect(second).toMatch(/\/b\/1\.json: expected a file of JSON/);
  expect(third).toBe(`FAIL -: ${EMPTY}`);
  expect(rest).toEqual(['0 passed, 3 failed', '']);
});
