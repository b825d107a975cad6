import { expect, test } from 'vitest';
import { run } from './run.js';

const REFUTED = [
  ...['explore', '--policy', 'need-sync-posted', '--with', 'one-pcid'],
  ...['--properties', 'no-violation'],
];

test('mmulab explore prints the shortest way to a mistake', async () => {
  const { code, stdout, stderr } = await run(REFUTED);
  expect([code, stderr]).toEqual([1, '']);
  const [end, counts, bytes, finding, ...commands] = stdout.trimEnd().split('\n');
  expect(end).toMatch(/^Not exhaustive: every property has failed/);
  expect(counts).toMatch(/^\d+ states, \d+ transitions, 4 commands deep$/);
  expect(bytes).toMatch(/^[\d.]+ bytes a state; [\d.]+ of 512.0 MiB in all$/);
  expect(finding).toMatch(/^no-violation: fails after 4 commands: A read of 0x400000 went to /);
  expect(commands.map((line) => JSON.parse(line).kind)).toEqual([
    ...['write', 'mov-cr3', 'mov-cr3', 'read'],
  ]);
});

test('it prints JSON, and a case', async () => {
  const { stdout } = await run([...REFUTED, '--json']);
  const { end, isExhaustive, counterexamples } = JSON.parse(stdout);
  expect([end, isExhaustive, counterexamples.length]).toEqual(['refuted', false, 1]);
  const { code, stdout: text } = await run([...REFUTED, '--case-of', 'no-violation']);
  expect(code).toBe(0);
  const file = JSON.parse(text);
  expect(file.commands.slice(-4)).toEqual(counterexamples[0].commands);
  expect(file.config.policy).toBe('need-sync-posted');
});

test('it says where it stopped', async () => {
  const { code, stdout } = await run(['explore', '--depth', '2']);
  expect(code).toBe(0);
  expect(stdout).toContain('Not exhaustive: the bound on commands was met.\n');
  expect(stdout).toContain('no-violation: holds in what was seen\n');
});
