import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { KERNEL_RELEASES, POLICY_NAMES } from '../../src/mmu/index.js';
import { fileWith, isBuilt, ROOT, start, titleOf } from './program.js';
import { run } from './run.js';

const CASE = {
  id: 'x-1',
  area: 'invept',
  setup: { context: 'VMX root' },
  op: 'INVEPT',
  args: { type: 3 },
  expect: { outcome: 'VMfail 28' },
  source: 'by hand',
};

const WRONG = { ...CASE, expect: { outcome: 'VMfail 12' } };

const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { version: string };

test('--version is that of the package', async () => {
  expect(await run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test('the help of a command is asked for, and is no wrong use', async () => {
  const { code, stdout, stderr } = await run(['race', '--help']);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain('--commands <count>');
  expect(stdout).not.toContain('commands-count');
});

test('without a command the help goes to standard error', async () => {
  const { code, stdout, stderr } = await run([]);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^Usage: mmulab /);
});

describe.skipIf(!isBuilt)(titleOf('mmulab conform'), () => {
  test.each([
    [[CASE], 0, '1 passed, 0 failed\n'],
    [[CASE, WRONG], 1, /^FAIL x-1 INVEPT: expected .*\n1 passed, 1 failed\n$/],
  ])('of %j', async (cases, status, text) => {
    const { code, stdout, stderr } = await start('conform', fileWith(JSON.stringify(cases))).ended;
    expect([code, stderr]).toEqual([status, '']);
    expect(stdout).toMatch(text);
  });

  test('reads standard input, and prints JSON', async () => {
    const { child, ended } = start('conform', '-', '--json');
    child.stdin.end(JSON.stringify([CASE, WRONG]));
    const { code, stdout, stderr } = await ended;
    expect([code, stderr]).toEqual([1, '']);
    expect(JSON.parse(stdout)).toEqual({
      passed: 1,
      failed: 1,
      failures: [{ where: 'x-1 INVEPT', expected: expect.any(String), came: expect.any(String) }],
      skipped: {},
    });
  });

  test.each([
    ['', 'expected a file of JSON that can be read, came Unexpected end of JSON input'],
    ['{}', 'expected a list of cases or a recording, came an object without the format'],
    ['[]', 'expected at least one case, came an empty list'],
    [JSON.stringify([{ ...CASE, expect: {} }]), 'expected an expectation that is judged, came {}'],
    [JSON.stringify([{ ...CASE, moon: 1 }]), 'came Unrecognized key: "moon"'],
    ['{ "format": "mmulab-recording-1" }', 'expected the form of a recording, came name: '],
  ])('counts a file without anything to judge as failed: %s', async (text, sentence) => {
    const { code, stdout } = await start('conform', fileWith(text)).ended;
    expect(code).toBe(1);
    expect(stdout).toContain(sentence);
    expect(stdout).toMatch(/\n0 passed, 1 failed\n$/);
  });

  test('counts a file that is not there as failed, and judges the others', async () => {
    const file = fileWith(JSON.stringify([CASE]));
    const { code, stdout } = await start('conform', '/nowhere/cases.json', file).ended;
    expect(code).toBe(1);
    expect(stdout).toBe(
      'FAIL /nowhere/cases.json: expected a file of JSON that can be read, ' +
        "came ENOENT: no such file or directory, open '/nowhere/cases.json'\n1 passed, 1 failed\n",
    );
  });

  test.each([
    [['workload', 'kpti', '--lines', '--commands', '1000000']],
    [['museum', '--only', 'pcide-keeps-roots']],
  ])('a reader who has read enough ends %j without a stack', async (args) => {
    const { child, ended } = start(...args);
    child.stdout.destroy();
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([0, '']);
  });
});

describe('mmulab museum', () => {
  const name = 'pcid-flush-skips-sync';

  test('shows that a mistake is caught', async () => {
    const { code, stdout, stderr } = await run(['museum', '--only', name]);
    expect([code, stderr]).toEqual([0, '']);
    const [head, exhibit, ...rest] = stdout.split('\n');
    expect(head).toMatch(/^exhibit +source +releases +caught by +after +what the judge says$/);
    expect(exhibit).toMatch(/^pcid-flush-skips-sync {2}mutant {2}- {9}oracle {5}6 {6}A read of/);
    expect(rest).toEqual(['1 passed, 0 failed', '']);
  });

  test('prints JSON', async () => {
    const { stdout } = await run(['museum', '--json', '--only', name]);
    expect(JSON.parse(stdout)).toMatchObject({ passed: 1, failed: 0, exhibits: [{ name }] });
  });

  test('prints a scene as a case', async () => {
    const { code, stdout } = await run(['museum', '--case-of', name]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ config: { defects: [name] } });
  });
});

describe('mmulab workload', () => {
  test('writes a case, the same for the same seed', async () => {
    const args = ['workload', 'kpti', '--seed', '7', '--commands', '20', '--set', 'pages=2'];
    const { code, stdout, stderr } = await run(args);
    expect([code, stderr]).toEqual([0, '']);
    const file = JSON.parse(stdout);
    expect([file.format, file.commands.length]).toEqual(['mmulab-case', 20]);
    expect(file.config).toMatchObject({ policy: 'mainline', kernel: '6.1' });
    expect((await run(args)).stdout).toBe(stdout);
  });

  test('writes lines of commands into a file', async () => {
    const file = fileWith('');
    const args = ['workload', 'shootdown', '--set', 'vcpus=3', 'pti=true', '--commands', '10001'];
    const { code, stdout } = await run([...args, '--lines', '-o', file]);
    expect([code, stdout]).toEqual([0, '']);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(10_001);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ kind: 'mov-cr3' });
  });

  test('takes the rules of the case', async () => {
    const rules = ['--policy', 'cached-roots', '--kernel', '7.3'];
    const { stdout } = await run(['workload', 'asids', '--commands', '5', ...rules]);
    expect(JSON.parse(stdout).config).toMatchObject({ policy: 'cached-roots', kernel: '7.3' });
  });

  test('lists what there is', async () => {
    const { code, stdout } = await run(['workload', '--list']);
    expect(code).toBe(0);
    expect(stdout).toContain('\nshootdown\n  Threads of shared address spaces');
    expect(stdout).toContain('    vcpus=4  (2 to 64) vCPUs, which run threads');
  });

  test('lists it as JSON', async () => {
    const { workloads } = JSON.parse((await run(['workload', '--list', '--json'])).stdout);
    expect(workloads.map(({ name }: { name: string }) => name)).toContain('shootdown');
    expect(workloads[0].parameters[0]).toEqual({
      name: 'commands',
      kind: 'count',
      summary: expect.any(String),
      min: 0,
      max: expect.any(Number),
      default: 5000,
    });
  });
});

describe.each([
  ['policies', POLICY_NAMES],
  ['kernels', KERNEL_RELEASES],
] as const)('mmulab %s', (command, names) => {
  test('is a table, a line each', async () => {
    const { code, stdout, stderr } = await run([command]);
    expect([code, stderr]).toEqual([0, '']);
    const [, ...rows] = stdout.trimEnd().split('\n');
    expect(rows.map((row) => row.split(/ {2,}/)[0])).toEqual([...names]);
  });

  test('is JSON', async () => {
    const list = JSON.parse((await run([command, '--json'])).stdout)[command] as object[];
    expect(list.map((entry) => Object.values(entry)[0])).toEqual([...names]);
  });
});

test('a kernel tells which rules it changed', async () => {
  const { kernels } = JSON.parse((await run(['kernels', '--json'])).stdout);
  expect(kernels[0].changed).toEqual({});
  expect(kernels.at(-1)).toMatchObject({
    release: '7.3.4',
    changed: { roleBits: 'cr4-smep', tdpZapLevels: [2, 3] },
  });
});
