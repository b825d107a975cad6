import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fileWith } from './program.js';
import { run } from './run.js';

const TRACES = new URL('../../conformance/kvm-traces/', import.meta.url).pathname;
const UNSYNC = `${TRACES}linux-6.1/vmx_shadow/p5_unsync.plain.txt.gz`;

describe('mmulab score', () => {
  test('tells what policies would have paid, and that the kernel did what mainline does', async () => {
    const { code, stdout, stderr } = await run(['score', UNSYNC, '--policy', 'mainline']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n').every((line) => line.length <= 88)).toBe(true);
    expect(stdout).toContain(
      'rules of 6.1 (the trace names no kernel). 125\ncommands: 60 seen, 65 inferred, 0 guessed.',
    );
    expect(stdout).toContain('18 of 18 windows with root loads\nagree, 8 of 8 with synced pages');
    expect(stdout).toMatch(/^mainline +283 +171 +553 +1\.000 +16 +18 +2 +0 +33 +0$/m);
  });

  test('reads standard input, unpacked, to the same answer', async () => {
    const packed = await run(['score', UNSYNC, '--policy', 'mainline', '--json']);
    const input = gunzipSync(readFileSync(UNSYNC)).toString('latin1');
    const plain = await run(['score', '-', '--policy', 'mainline', '--json'], { input });
    const of = (text: string) => ({ ...JSON.parse(text), trace: '' });
    expect(of(plain.stdout)).toEqual(of(packed.stdout));
  });

  test('JSON has the commands with what is known of each', async () => {
    const { stdout } = await run(['score', UNSYNC, '--policy', 'mainline', '--json']);
    const [vm] = JSON.parse(stdout).vms;
    expect(vm.commands).toHaveLength(125);
    expect(vm.confidence).toEqual({ seen: 60, inferred: 65, guessed: 0 });
    expect(
      vm.commands.find((one: { command: { kind: string } }) => one.command.kind === 'mov-cr3'),
    ).toMatchObject({ vcpu: 0, confidence: 'seen', command: { value: '0x8000000000100001' } });
    expect(vm.roots[0].hitRatios.slice(0, 4)).toEqual([1 / 27, 13 / 27, 17 / 27, 17 / 27]);
  });

  test('an ordinary EPT host: says that no switch is in the trace, and which recording has them', async () => {
    const { code, stdout } = await run([
      'score',
      `${TRACES}linux-6.1/vmx_ept/p3_invpcid.plain.txt.gz`,
    ]);
    expect(code).toBe(0);
    expect(stdout.replaceAll('\n', ' ')).toContain(
      'The trace has no switch of root. The guest runs on EPT (or NPT) and writes CR3 without an exit',
    );
    expect(stdout).not.toContain('What each policy would have paid');
  });

  test('a guess has two ends', async () => {
    const { stdout } = await run([
      ...['score', `${TRACES}linux-6.1/svm_shadow/a2_unsync.plain.txt.gz`, '--policy', 'mainline'],
    ]);
    expect(stdout).toContain('if what is guessed did the least:');
    expect(stdout).toContain('And if what is guessed did the most:');
  });

  test('one page of HTML loads nothing, and escapes what came in', async () => {
    const file = fileWith(
      ' <b>-1 [000] d..1. 1.000001: kvm_entry: vcpu 0, rip 0x1\n<script>alert(1)</script>\n',
    );
    const { stdout } = await run(['score', file, '--html']);
    expect(stdout).toMatch(/^<!doctype html>\n/);
    expect(stdout).not.toMatch(/<script|<b>|src=|href=|@import|url\(/);
    expect(stdout).toContain('&#60;script&#62;alert(1)');
    const plotted = await run(['score', UNSYNC, '--html', '--policy', 'mainline']);
    expect(plotted.stdout.match(/<svg /g)).toHaveLength(4);
  });

  test('exports for other tools', async () => {
    const of = async (form: string) =>
      (await run(['score', UNSYNC, '--policy', 'mainline', '--export', form])).stdout;
    const { traceEvents } = JSON.parse(await of('perfetto'));
    const count = (ph: string) => traceEvents.filter((one: { ph: string }) => one.ph === ph).length;
    expect([count('M'), count('X'), count('i')]).toEqual([3, 27, 125]);
    const csv = (await of('csv')).split('\r\n');
    expect(csv).toHaveLength(1 + 125 + 1);
    expect(csv[0]).toBe('vm,at,vcpu,confidence,command,operands');
    expect(csv).toContain(
      '0,2614606000,0,seen,mov-cr3,"{""value"":""0x8000000000100001"",""gpr"":0}"',
    );
    const itf = JSON.parse(await of('itf'));
    expect(itf.states).toHaveLength(126);
    expect(itf.states[125].rootMmu['#map'][0][1].prevRoots).toHaveLength(3);
  });

  test('a VM of a trace is a case that races', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mmulab-score-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'vm.json');
    await run(['score', UNSYNC, '--policy', 'mainline', '--case', file]);
    const raced = await run(['race', '--case', file, '--policy', 'mainline', '--json']);
    expect([raced.code, JSON.parse(raced.stdout).commands]).toEqual([0, 125]);
  });

  test('what cannot be compared is not counted, and a sound policy is not blamed', async () => {
    const ept = await run(['score', `${TRACES}linux-6.1/vmx_ept/p3_invpcid.plain.txt.gz`]);
    expect(ept.stdout).toContain('no window has anything to\ncompare.\n');
    const nested = await run(['score', `${TRACES}linux-7.3/vmx_nested_ept/n2_invept.plain.txt.gz`]);
    expect(nested.stdout).toContain(
      '14 of 14 windows with root loads\nagree; none has synced pages or unsynced pages.\n',
    );
    const late = await run(['score', `${TRACES}linux-7.3/vmx_shadow/p5_unsync.plain.txt.gz`]);
    const blamed = late.stdout.split('\nSTALE ').slice(1);
    expect(
      blamed.map((text) => [text.split(':')[0], text.includes('no\nhole of its own')]),
    ).toEqual([
      ['need-sync-posted', false],
      ['flush-on-reuse', true],
      ['never-cache', true],
    ]);
  });

  test.each([
    ['nothing', '', 'No event was found'],
    ['a recording by perf', `PERFILE2${'\0'.repeat(90)}`, '`perf script` makes a text of it'],
    ['a file by bzip2', 'BZh91AY&SY', 'it is packed by bzip2; unpack it first'],
    ['no trace', 'what is this\n'.repeat(3), '3 x text that is no event, the first: what is this'],
    [
      'page events alone',
      ' q-1 [000] ...1. 1.000001: kvm_mmu_get_page: sp gen 0 gfn 1 l4 8-byte q0 wux nxe ad root 0 sync new\n',
      'the trace has neither kvm_entry nor kvm_exit',
    ],
  ])('%s is said in words, with status 1', async (_what, text, said) => {
    const { code, stdout } = await run(['score', fileWith(text)]);
    expect(code).toBe(1);
    expect(stdout.replaceAll('\n', ' ')).toContain(said);
  });

  test('a packed file that breaks off gives what it had', async () => {
    const half = readFileSync(UNSYNC);
    const folder = mkdtempSync(join(tmpdir(), 'mmulab-score-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'half.gz');
    const { writeFileSync } = await import('node:fs');
    writeFileSync(file, half.subarray(0, half.length / 2));
    const { code, stdout } = await run(['score', file, '--policy', 'mainline']);
    expect(code).toBe(0);
    expect(stdout).toContain('end of a packed file that is broken');
  });

  test.each([
    [['score', '/nowhere'], /^Cannot read "\/nowhere": ENOENT/],
    [['score', UNSYNC, '--json', '--html'], /forms of one answer$/],
    [['score', UNSYNC, '--kernel', '6.1,7.3'], /--kernel names one kernel/],
    [['score', UNSYNC, '--prev-roots', '99'], /^Cannot score: .*prev-roots/],
    [['record', '--with', 'strace'], /argument 'strace' is invalid/],
  ])('%j is refused in one sentence', async (args, sentence) => {
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr.trimEnd()).toMatch(sentence);
  });
});

test.each(['ftrace', 'trace-cmd', 'perf', 'bpftrace'])(
  'mmulab record: %s, with kprobes and without',
  async (tool) => {
    const plain = await run(['record', '--with', tool]);
    const probed = await run(['record', '--with', tool, '--kprobes']);
    expect(plain.stdout).toContain('kvm_mmu_get_page');
    expect(plain.stdout).not.toContain('kvm_handle_invpcid');
    expect(probed.stdout).toContain('kvm_handle_invpcid');
  },
);

test('mmulab score reads a trace.dat, packed or not', async () => {
  const of = async (file: string) => {
    const { code, stdout } = await run(['score', file, '--json', '--policy', 'mainline']);
    const { vms, release } = JSON.parse(stdout);
    return { code, release, commands: vms[0].commands.length, agreement: vms[0].agreement };
  };
  const plain = await of(`${TRACES}dat/k61-tc316-a2.v7zlib.dat`);
  expect(plain).toMatchObject({
    ...{ code: 0, release: '6.1.0-57-cloud-amd64', commands: 63 },
    agreement: { loads: { agree: 2, windows: 2 }, unsynced: { agree: 6, windows: 6 } },
  });
  expect(await of(`${TRACES}dat/k61-tc316-a2.v6.dat.gz`)).toEqual(plain);
  const { code, stderr } = await run([
    'score',
    `${TRACES}../kvm-recordings/linux-6.1/vmx_ept/p3_invpcid.json`,
  ]);
  expect([code, stderr]).toEqual([1, '']);
});
