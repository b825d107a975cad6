import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { run } from './run.js';

const SUITE = fileURLToPath(new URL('mutated-suite.mjs', import.meta.url));

const mutate = (mode: string, ...options: string[]) =>
  run(['mutate', ...options, '--', process.execPath, SUITE, mode]);

test('says which mistakes the tests notice', async () => {
  const only = 'pcid-flush-spares-prev-roots,cr3-bit-63-kept,quadrant-lost';
  const { code, stdout, stderr } = await mutate('strict', '--only', only, '--jobs', '3', '--json');
  expect([code, stderr]).toEqual([1, '']);
  const { command, mistakes, noticed, unnoticed } = JSON.parse(stdout);
  expect([command.slice(1), noticed, unnoticed]).toEqual([[SUITE, 'strict'], 2, 1]);
  const facts = mistakes.map((mistake: Record<string, unknown>) => [
    ...[mistake.name, mistake.noticed, mistake.status, mistake.timedOut, mistake.found],
    ...[mistake.commands, mistake.output],
  ]);
  expect(facts).toEqual([
    ['pcid-flush-spares-prev-roots', true, 3, false, ['stale-translation'], 9, 'came 0x11\n'],
    ['cr3-bit-63-kept', true, 3, false, [], 9, 'came 0x11\n'],
    ['quadrant-lost', false, 0, false, [], 9, ''],
  ]);
});

test('tells what the server saw and the tests did not look for', async () => {
  const { code, stdout } = await mutate('blind', '--only', 'pcid-flush-spares-prev-roots');
  expect(code).toBe(1);
  expect(stdout.split('\n').slice(1)).toEqual([
    'pcid-flush-spares-prev-roots  passed      stale-translation  prev_roots are not looked at when a PCID is invalidated.',
    '0 of 1 noticed',
    'seen by the server, and not by your tests: pcid-flush-spares-prev-roots',
    '',
  ]);
});

test('ends a run that takes too long, with all that it has started', async () => {
  const options = ['--only', 'pcid-flush-spares-prev-roots', '--timeout', '1'];
  const { code, stdout } = await mutate('waiting', ...options);
  expect(code).toBe(0);
  expect(stdout.split('\n').slice(1)).toEqual([
    'pcid-flush-spares-prev-roots  timed out   stale-translation  prev_roots are not looked at when a PCID is invalidated.',
    '1 of 1 noticed',
    '',
  ]);
});

test.each([
  [
    ['failing'],
    'Cannot mutate: without a mistake the command failed (status 4); it ended with:\nto no avail\n',
  ],
  [
    ['idle'],
    'Cannot mutate: the command passed and ran nothing on the server; it has to ask the one at MMULAB_URL\n',
  ],
])('%j teaches nothing', async ([mode = ''], sentence) => {
  expect(await mutate(mode)).toEqual({ code: 2, stdout: '', stderr: sentence });
});

test('a program that is not there is told', async () => {
  expect(await run(['mutate', '--', '/nowhere/suite'])).toEqual({
    code: 2,
    stdout: '',
    stderr: 'Cannot mutate: "/nowhere/suite" cannot be started: spawn /nowhere/suite ENOENT\n',
  });
});
