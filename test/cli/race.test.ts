import { describe, expect, test } from 'vitest';
import { fileWith } from './program.js';
import { run, type Surroundings } from './run.js';

/** A page is mapped, used, moved, and used again after its PCID was flushed. */
const COMMANDS = [
  { kind: 'map', vcpu: 0, root: '0x1000', address: '0x400000', gpa: '0x10000', tables: '0x2000' },
  { kind: 'mov-cr3', vcpu: 0, value: '0x1000' },
  { kind: 'read', vcpu: 0, gva: '0x400000' },
  { kind: 'mov-cr3', vcpu: 0, value: '0x1000' },
  { kind: 'read', vcpu: 0, gva: '0x400000' },
];

function raced(args: readonly string[], surroundings: Surroundings = {}) {
  return run(['race', ...args], surroundings);
}

describe('mmulab race', () => {
  test('prints a verdict, the same each time', async () => {
    const args = ['--workload', 'kpti', '--policy', 'mainline,never-cache', '--commands', '400'];
    const first = await raced(args);
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect((await raced(args)).stdout).toBe(first.stdout);
    const lines = first.stdout.split('\n');
    expect(lines[0]).toBe('Workload kpti, seed 1: 400 commands, 67 switches of root. Kernel 6.1,');
    expect(first.stdout).toContain('No policy let the guest use a stale translation.');
    expect(first.stdout).toContain('--workload kpti --seed 1 --commands 400');
  });

  test('takes the number of commands by its former name', async () => {
    const { stdout } = await raced(['--workload', 'kpti', '--commands-count', '7']);
    expect(stdout).toMatch('Workload kpti, seed 1: 7 commands, ');
  });

  test('names the price lists that there are where there is none of a name', async () => {
    const { code, stderr } = await raced(['--workload', 'kpti', '--prices', 'nope']);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^Cannot read "nope": ENOENT.*; presets are xeon-8269cy-4\.19, core-13900hk-7\.3\n$/,
    );
  });

  const TWO = ['--policy', 'mainline,cached-roots'];

  test('takes commands from a file, and prints JSON', async () => {
    const { code, stdout, stderr } = await raced([
      ...['--commands-file', fileWith(JSON.stringify(COMMANDS)), ...TWO],
      // What is named twice is raced once.
      ...['--prev-roots', '1,3,1', '--kernel', '5.14,6.1', '--cost', 'exit=0', '--json'],
    ]);
    expect([code, stderr]).toEqual([0, '']);
    const { commands, lanes, prices } = JSON.parse(stdout);
    expect([commands, prices.cycles.exit]).toEqual([5, { value: 0, low: 0, high: 0 }]);
    expect(lanes.map(({ name }: { name: string }) => name)).toEqual([
      ...['mainline/1@5.14', 'cached-roots/1@5.14', 'mainline/3@5.14', 'cached-roots/3@5.14'],
      ...['mainline/1@6.1', 'cached-roots/1@6.1', 'mainline/3@6.1', 'cached-roots/3@6.1'],
    ]);
  });

  test('takes commands and cases from standard input', async () => {
    const lines = COMMANDS.map((command) => JSON.stringify(command)).join('\n');
    const commands = await raced(['--commands-file', '-', ...TWO], { input: lines });
    expect([commands.code, commands.stdout]).toEqual([
      0,
      expect.stringMatching(/^-: 5 commands, /),
    ]);
    const made = await run(['workload', 'kpti', '--commands', '9']);
    const played = await raced(['--case', '-', ...TWO], { input: made.stdout });
    expect([played.code, played.stdout]).toEqual([
      0,
      expect.stringMatching(/^Case -: 9 commands, /),
    ]);
  });

  test('says first that every command was refused, and exits 1', async () => {
    const refused = {
      kind: 'map',
      vcpu: 0,
      root: '0x1000',
      address: '0x1',
      gpa: '0x0',
      tables: '0x2000',
    };
    const file = fileWith(JSON.stringify([refused, refused]));
    const { code, stdout, stderr } = await raced(['--commands-file', file]);
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /^REFUSED: nothing was compared, because every command was refused, 2 of 2\. The first: Cannot /,
    );
    const json = await raced(['--commands-file', file, '--json']);
    expect([json.code, JSON.parse(json.stdout).verdict]).toEqual([1, stdout]);
    const some = await raced(['--commands-file', fileWith(JSON.stringify([refused, ...COMMANDS]))]);
    expect([some.code, some.stdout.includes('REFUSED')]).toEqual([0, false]);
  });

  test('does not praise a policy whose guest used stale translations', async () => {
    const policies = ['--policy', 'mainline,cached-roots,cached-roots-posted'];
    const { stdout } = await raced([
      '--workload',
      'nested-invept',
      '--commands',
      '1500',
      ...policies,
    ]);
    const told = stdout.replaceAll(/\s+/g, ' ');
    expect(told).toMatch(
      /- cached-roots: cheaper for every price in its range, by [\d.]+ % \([\d. to]+\)\. /,
    );
    expect(told).toMatch(
      /- cached-roots-posted: cheaper for every price in its range, .*?\), and wrong: 1 stale use\. /,
    );
  });

  test('says which holes are of KVM itself', async () => {
    const { code, stdout } = await raced([
      '--workload',
      'hostile',
      '--policy',
      'never-cache',
      '--commands',
      '10600',
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain('STALE never-cache: 5 illegal uses, first at command 9739: ');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'or KVM itself: see mainline-t17, mainline-vpid12, mainline-nx, mainline-pse and mainline-smap in the museum.',
    );
  });
});
