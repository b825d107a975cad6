import { describe, expect, test } from 'vitest';
import { fileWith, isBuilt, start, titleOf } from './program.js';

/** A page is mapped, used, moved, and used again after its PCID was flushed. */
const COMMANDS = [
  { kind: 'map', vcpu: 0, root: '0x1000', address: '0x400000', gpa: '0x10000', tables: '0x2000' },
  { kind: 'mov-cr3', vcpu: 0, value: '0x1000' },
  { kind: 'read', vcpu: 0, gva: '0x400000' },
  { kind: 'mov-cr3', vcpu: 0, value: '0x1000' },
  { kind: 'read', vcpu: 0, gva: '0x400000' },
];

async function raced(...args: string[]) {
  return start('race', ...args).ended;
}

describe.skipIf(!isBuilt)(titleOf('mmulab race'), () => {
  test('prints a verdict, the same each time', async () => {
    const args = ['--workload', 'kpti', '--policy', 'mainline,never-cache'];
    const [first, again] = await Promise.all([
      raced(...args, '--commands-count', '400'),
      raced(...args, '--commands-count', '400'),
    ]);
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(again.stdout).toBe(first.stdout);
    const lines = first.stdout.split('\n');
    expect(lines[0]).toBe('Workload kpti, seed 1: 400 commands, 67 switches of root. Kernel 6.1,');
    expect(first.stdout).toContain('No policy let the guest use a stale translation.');
    expect(first.stdout).toContain('--workload kpti --seed 1 --commands-count 400');
  });

  test('takes commands from a file, and prints JSON', async () => {
    const { code, stdout, stderr } = await raced(
      ...['--commands', fileWith(JSON.stringify(COMMANDS)), '--policy', 'mainline,cached-roots'],
      ...['--prev-roots', '1,3', '--kernel', '5.14,6.1', '--cost', 'exit=0', '--json'],
    );
    expect([code, stderr]).toEqual([0, '']);
    const { commands, lanes, costs } = JSON.parse(stdout);
    expect([commands, costs.exit]).toEqual([5, 0]);
    expect(lanes.map(({ name }: { name: string }) => name)).toEqual([
      ...['mainline/1@5.14', 'cached-roots/1@5.14', 'mainline/3@5.14', 'cached-roots/3@5.14'],
      ...['mainline/1@6.1', 'cached-roots/1@6.1', 'mainline/3@6.1', 'cached-roots/3@6.1'],
    ]);
  });

  test('says which holes are of KVM itself', async () => {
    const { code, stdout } = await raced(
      ...['--workload', 'hostile', '--policy', 'never-cache', '--commands-count', '10600'],
    );
    expect(code).toBe(0);
    expect(stdout).toContain('STALE never-cache: 3 illegal uses, first at command 10544: ');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'or KVM itself: see mainline-t17, mainline-vpid12, mainline-nx and mainline-pse in the museum.',
    );
  });

  test.each([
    [[], 'Cannot race: name one of --workload, --case and --commands\n'],
    [['--workload', 'kpti', '--case', 'x.json'], 'Cannot race: name one of'],
    [['--workload', 'none'], 'Cannot race: no "none"; there are kpti, asids, '],
    [
      ['--workload', 'kpti', '--policy', 'none'],
      'Cannot race: no "none"; there are mainline-5.14, ',
    ],
    [
      ['--workload', 'kpti', '--prev-roots', '99'],
      'Cannot race: --prev-roots "99" is not from 0 to 15\n',
    ],
    [['--workload', 'kpti', '--set', 'asids=x'], 'Cannot race: Unrecognized key: "asids"\n'],
    [['--workload', 'kpti', '--cost', 'none=1'], 'Cannot race: no "none"; there are hit, miss, '],
    [['--commands', '/nowhere'], 'Cannot read "/nowhere": ENOENT: '],
  ])('exits 2 for %j', async (args, message) => {
    const { code, stdout, stderr } = await raced(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});
