import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { isUpToDate, type Place, rebuild, type Target } from '../../scripts/up-to-date.js';

/** Long before any build. */
const BEFORE = new Date('2021-06-01');

let root: string;
let place: Place;
let builds: number;

/** Joins the files of `src` and one from elsewhere that only the build knows of. */
const target: Target = {
  name: 'joined',
  from: ['src', 'settings.json'],
  to: ['dist'],
  async build() {
    builds += 1;
    mkdirSync(join(root, 'dist'), { recursive: true });
    const parts = ['src/a', 'src/b', 'lib/c'].map(read);
    writeFileSync(join(root, 'dist/all'), parts.join(''));
    return ['lib/c'];
  },
};

function read(file: string): string {
  try {
    return readFileSync(join(root, file), 'utf8');
  } catch {
    return '';
  }
}

function write(file: string, text: string): void {
  mkdirSync(join(root, file, '..'), { recursive: true });
  writeFileSync(join(root, file), text);
  utimesSync(join(root, file), BEFORE, BEFORE);
}

async function build(): Promise<void> {
  if (!isUpToDate(target, place)) await rebuild(target, place);
}

beforeEach(async () => {
  root = `${mkdtempSync(join(tmpdir(), 'mmulab-build-'))}/`;
  place = { root, notes: join(root, 'notes') };
  builds = 0;
  onTestFinished(() => rmSync(root, { recursive: true }));
  write('src/a', 'a');
  write('lib/c', 'c');
  write('elsewhere', 'x');
  await build();
  expect([builds, read('dist/all')]).toEqual([1, 'ac']);
});

test('what has not changed is not built again', async () => {
  await build();
  write('elsewhere', 'y');
  write('src/a', 'a');
  await build();
  expect(builds).toBe(1);
});

test.each<[string, () => void, string]>([
  ['a file changes', () => write('src/a', 'A'), 'Ac'],
  ['a file comes', () => write('src/b', 'b'), 'abc'],
  ['a file goes', () => rmSync(join(root, 'src/a')), 'c'],
  ['a file changes that only the build knew of', () => write('lib/c', 'C'), 'aC'],
  ['a file comes that was missing', () => write('settings.json', '{}'), 'ac'],
  ['the outcome changes', () => write('dist/all', 'by hand'), 'ac'],
  ['something is added to the outcome', () => write('dist/more', 'by hand'), 'ac'],
  ['the outcome is gone', () => rmSync(join(root, 'dist'), { recursive: true }), 'ac'],
])('it is built again, once, when %s', async (_what, change, built) => {
  change();
  await build();
  expect([builds, read('dist/all')]).toEqual([2, built]);
  await build();
  expect(builds).toBe(2);
});

test.each(['src/a', 'lib/c'])(
  'it is built again when %s changed during the build',
  async (file) => {
    const hasty: Target = {
      ...target,
      async build() {
        const inputs = await target.build();
        writeFileSync(join(root, file), 'saved too late');
        return inputs;
      },
    };
    write('src/a', 'A');
    await rebuild(hasty, place);
    expect(isUpToDate(target, place)).toBe(false);
  },
);

test('a build that fails is tried again', async () => {
  const failing: Target = { ...target, build: () => Promise.reject(new Error('no')) };
  write('src/a', 'A');
  await expect(rebuild(failing, place)).rejects.toThrow('no');
  expect(isUpToDate(target, place)).toBe(false);
});
