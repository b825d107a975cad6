import { expect, test } from 'vitest';
import { createLab } from '../../src/client/index.js';
import { run } from './run.js';

/** A case of two commands. */
async function caseText(): Promise<string> {
  const lab = createLab();
  const vm = await lab.createVm();
  await vm.runAll([
    { kind: 'read', vcpu: 0, gva: '0x400000' },
    { kind: 'mov-cr3', vcpu: 0, value: '0x1000' },
  ]);
  const file = await vm.case();
  await lab.close();
  return JSON.stringify(file);
}

test('mmulab coverage says what a case has not tried, and how to come to it', async () => {
  const input = await caseText();
  const { code, stdout, stderr } = await run(['coverage', '-', '--states', '20'], { input });
  expect([code, stderr]).toEqual([0, '']);
  const [extent, figures, first, way] = stdout.split('\n');
  expect(extent).toMatch(/^(Exhaustive|Not exhaustive \(states\)): \d+ states, \d+ commands deep$/);
  expect(figures).toMatch(/^2 of \d+ triples exercised, \d+ missed$/);
  expect(first).toBe('invlpg -> ok, in L1 host, 4-level, *root empty [empty]');
  expect(JSON.parse(way ?? '')).toMatchObject({ kind: 'invlpg', gva: '0x400000' });
});

test('it prints JSON, and its status tells whether enough was exercised', async () => {
  const input = await caseText();
  const { stdout } = await run(['coverage', '-', '--states', '20', '--json'], { input });
  const { exercised, reachable, missed, triples } = JSON.parse(stdout);
  expect([exercised, triples.length]).toEqual([2, reachable]);
  expect(missed).toBe(reachable - 2);
  const least = (percent: string) =>
    run(['coverage', '-', '--states', '20', '--least', percent], { input });
  expect([(await least('1')).code, (await least('100')).code]).toEqual([0, 1]);
});

test.each([
  [['--states', '0'], 'Cannot tell the coverage: --states "0" is not from 1 to 1000000000'],
  [['--depth', '0'], 'Cannot tell the coverage: --depth "0" is not from 1 to 1000000'],
  [['--memory', '0'], 'Cannot tell the coverage: --memory "0" is not from 1 to 65536'],
  [['--least', '101'], 'Cannot tell the coverage: --least "101" is not from 0 to 100'],
])('%j is refused', async (args, sentence) => {
  const { code, stdout, stderr } = await run(['coverage', '-', ...args], { input: '{}' });
  expect([code, stdout, stderr]).toEqual([2, '', `${sentence}\n`]);
});
