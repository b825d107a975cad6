import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PRESET_NAMES } from '../../src/lab/index.js';
import { fileWith, isBuilt, start, titleOf } from './program.js';
import { run } from './run.js';

/** A small sweep of which every part can be told by heart. */
const SMALL = [
  ...['sweep', '--workload', 'kpti,nested-invept', '--commands', '300', '--seeds', '1-2'],
  ...['--policy', 'mainline,cached-roots,never-cache'],
];

describe.skipIf(!isBuilt)(titleOf('mmulab sweep'), () => {
  test('says the same on one thread and on three', async () => {
    const one = await start(...SMALL, '--jobs', '1').ended;
    const three = await start(...SMALL, '--jobs', '3').ended;
    expect([one.code, one.stderr]).toEqual([0, '']);
    expect(three).toEqual(one);
    // Two workloads, two price lists, two policies against the first; and the heads.
    expect(one.stdout.trimEnd().split('\n')).toHaveLength(1 + 2 * PRESET_NAMES.length * 2);
  });

  test('goes on from a file whose last line a kill cut short', async () => {
    const out = fileWith('');
    const whole = await start(...SMALL, '--format', 'json').ended;
    await start(...SMALL, '--out', out).ended;
    const lines = readFileSync(out, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    writeFileSync(out, `${lines[0]}\n${lines[1]}\n${lines[2]?.slice(0, 100)}`);
    const again = await start(...SMALL, '--out', out, '--format', 'json').ended;
    expect(again.stderr).toBe(`${out}: 1 line is cut short or of another version: not used\n`);
    expect(JSON.parse(again.stdout)).toEqual(JSON.parse(whole.stdout));
    // Everything is there now, and nothing is raced any more.
    const kept = readFileSync(out, 'utf8');
    expect((await start(...SMALL, '--out', out, '--format', 'json').ended).stdout).toBe(
      whole.stdout,
    );
    expect(readFileSync(out, 'utf8')).toBe(kept);
  });

  test('prints comma-separated values', async () => {
    const { stdout } = await start(...SMALL, '--prices', PRESET_NAMES[0], '--format', 'csv').ended;
    const [heads, ...rows] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
    expect(heads?.slice(0, 9)).toEqual([
      ...['workload', 'kernel', 'prev_roots', 'commands', 'prices', 'policy', 'baseline'],
      ...['seeds', 'standing'],
    ]);
    expect(rows.map((row) => [row[0], row[5], row[8]])).toEqual([
      ['kpti', 'cached-roots', 'same'],
      ['kpti', 'never-cache', 'dearer'],
      ['nested-invept', 'cached-roots', 'cheaper'],
      ['nested-invept', 'never-cache', 'dearer'],
    ]);
  });
});

test.each([
  [['--seeds', '5-1'], 'Cannot sweep: --seeds "5-1" is not from 0 to 4294967295'],
  [['--seeds', '0-20000'], 'Cannot sweep: --seeds "0-20000" are more than 10000'],
  [['--jobs', '0'], 'Cannot sweep: --jobs "0" is not from 1 to 256'],
  [['--workload', 'none'], /^Cannot sweep: no workload "none"; there are kpti, /],
  [['--prices', '/nowhere'], /^Cannot read "\/nowhere": ENOENT: /],
  [
    ['--seeds', '1-9000', '--prev-roots', '0-15'],
    'Cannot sweep: 1296000 races, and 100000 is the bound',
  ],
])('sweep %j is refused in one sentence', async (args, sentence) => {
  const { code, stderr } = await run(['sweep', ...args]);
  expect(code).toBe(2);
  if (typeof sentence === 'string') expect(stderr).toBe(`${sentence}\n`);
  else expect(stderr).toMatch(sentence);
});
