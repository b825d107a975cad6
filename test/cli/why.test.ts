import { expect, test } from 'vitest';
import { run } from './run.js';

const CASE = async () =>
  (await run(['museum', '--case-of', 'pcid-flush-spares-prev-roots'])).stdout;

test('why prints ten lines or fewer that can go into a mail', async () => {
  const input = await CASE();
  const { code, stdout } = await run(['why', '-', '5'], { input });
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]).toBe('why #5, under mainline:');
  expect(lines.length).toBeLessThanOrEqual(10);
  const { stdout: json } = await run(['why', '-', '5', '--json'], { input });
  expect(JSON.parse(json).text).toEqual(lines);
});

test.each([
  ['0', 'Cannot explain "0": not a sequence number, such as 31'],
  ['x', 'Cannot explain "x": not a sequence number, such as 31'],
])('why refuses the number %s', async (seq, sentence) => {
  const { code, stdout, stderr } = await run(['why', '-', seq], { input: await CASE() });
  expect([code, stdout, stderr]).toEqual([2, '', `${sentence}\n`]);
});

test('why refuses a number that the case does not have, and what is no case', async () => {
  const beyond = await run(['why', '-', '99999'], { input: await CASE() });
  expect(beyond.code).toBe(2);
  expect(beyond.stderr).toMatch(
    /^Cannot explain 99999: the commands and events .* from 1 to \d+\n$/,
  );
  const other = await run(['why', '-', '1'], { input: '{}' });
  expect(other.code).toBe(2);
  expect(other.stderr).toContain('not a case');
});
