import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fileWith } from './program.js';
import { run } from './run.js';

const SAMPLES = new URL('../../examples/calibrate/', import.meta.url).pathname;

test('makes a price file that a race takes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mmulab-calibrate-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'mine.json');
  const args = ['--name', 'mine', '--machine', 'my host', '--ghz', '3', '-o', file];
  const { code, stdout, stderr } = await run(['calibrate', `${SAMPLES}vmexit.txt`, '-', ...args], {
    input: readFileSync(`${SAMPLES}perf-kvm-stat.txt`, 'utf8'),
  });
  expect([code, stdout]).toEqual([0, '']);
  expect(stderr).toMatch(/^7 prices were found; the other 16 are those of xeon-8269cy-4\.19\.\n/);
  const raced = await run([
    ...['race', '--workload', 'kpti', '--commands', '200', '--policy', 'mainline'],
    ...['--prices', file, '--json'],
  ]);
  const { prices } = JSON.parse(raced.stdout);
  expect([raced.code, prices.list, prices.machine, prices.cycles.exit]).toEqual([
    0,
    'mine',
    'my host',
    { value: 1184, low: 1184, high: 1252 },
  ]);
});

test('prints the file where no other is named, and what it did not understand beside it', async () => {
  const { code, stdout, stderr } = await run(['calibrate', '-'], {
    input: 'vmcall 1200\nwhat is this\nand this',
  });
  expect([code, JSON.parse(stdout).prices.exit.value]).toEqual([0, 1200]);
  expect(stderr).toContain(
    'Not understood: 2 lines (line of no format that is read), the first: "what is this"\n',
  );
});

test('nothing found is told in one sentence, with status 1', async () => {
  const { code, stdout, stderr } = await run(['calibrate', fileWith('')]);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toBe(
    'Cannot calibrate: no price follows from what was given; perf kvm stat report, a trace with ' +
      "kvm_exit and kvm_entry (perf script), and kvm-unit-tests' vmexit are read.\n",
  );
});

test.each([
  [['/nowhere'], /^Cannot read "\/nowhere": ENOENT/],
  [[], /missing required argument 'files'/],
  [['-', '--ghz', 'fast'], /^Cannot calibrate: --ghz "fast" is not a number$/],
  [['-', '--ghz', '0'], /^Cannot calibrate: ghz: /],
  [['-', '--name', 'My Host'], /^Cannot calibrate: name: a name has lower-case letters/],
  [['-', '--name', 'core-13900hk-7.3'], /is that of a list that mmulab has/],
  [
    ['-', '--base', 'mine'],
    /^Cannot run "calibrate": option '--base <list>' argument 'mine' is invalid/,
  ],
  [['-', '-o', '/nowhere/x'], /^Cannot write "\/nowhere\/x": /],
])('refuses %j with status 2', async (args, said) => {
  const { code, stderr } = await run(['calibrate', ...args], { input: 'vmcall 1200' });
  expect([code, stderr.split('\n').at(-2)]).toEqual([2, expect.stringMatching(said)]);
});
