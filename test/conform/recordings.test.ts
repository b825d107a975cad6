import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { judgeRecording } from '../../src/lab/index.js';

const ROOT_KEYS = ['switches', 'evicted', 'freed', 'rootMmu', 'guestMmu'];

/** What the guest's own code, stack and tables leave traces in as well. */
const SECOND_TIER = ['loads', 'zapped', 'flushes', 'faults'];

type Kernel = 'linux-6.1' | 'linux-7.3';

/**
 * Every recording: its operations, and how many of them differ in the second tier, by kernel. In
 * the first tier none does.
 */
const RECORDINGS: readonly (readonly [name: string, operations: number, differ: Differ])[] = [
  ['svm_shadow/a1_lru', 79, { 'linux-6.1': 0, 'linux-7.3': 0 }],
  ['svm_shadow/a2_unsync', 56, { 'linux-6.1': 2, 'linux-7.3': 0 }],
  ['svm_shadow/a4_cr', 94, { 'linux-6.1': 2, 'linux-7.3': 0 }],
  ['svm_shadow/a5_host', 61, { 'linux-6.1': 3, 'linux-7.3': 3 }],
  ['vmx_ept/a4_cr', 94, { 'linux-6.1': 0, 'linux-7.3': 0 }],
  ['vmx_ept/a5_host', 61, { 'linux-6.1': 4, 'linux-7.3': 1 }],
  ['vmx_ept/p3_invpcid', 102, { 'linux-6.1': 0, 'linux-7.3': 0 }],
  ['vmx_nested_ept/n1_eptp', 62, { 'linux-6.1': 0, 'linux-7.3': 0 }],
  ['vmx_nested_ept/n2_invept', 51, { 'linux-6.1': 0, 'linux-7.3': 0 }],
  ['vmx_nested_ept/n3_vpid', 54, { 'linux-6.1': 0, 'linux-7.3': 0 }],
  ['vmx_nested_ept/n4_edit', 86, { 'linux-6.1': 0, 'linux-7.3': 0 }],
  ['vmx_nested_ept/n5_mix', 73, { 'linux-6.1': 2, 'linux-7.3': 2 }],
  ['vmx_nested_ept/n7_roots', 535, { 'linux-6.1': 0, 'linux-7.3': 0 }],
  ['vmx_nested_shadow/s1_shadow_nested', 46, { 'linux-6.1': 0, 'linux-7.3': 0 }],
  ['vmx_shadow/F_p1_noflush', 82, { 'linux-6.1': 0, 'linux-7.3': 0 }],
  ['vmx_shadow/F_p5_unsync', 78, { 'linux-6.1': 0, 'linux-7.3': 0 }],
  ['vmx_shadow/a1_lru', 79, { 'linux-6.1': 0, 'linux-7.3': 0 }],
  ['vmx_shadow/a2_unsync', 56, { 'linux-6.1': 0, 'linux-7.3': 0 }],
  ['vmx_shadow/a3_upper', 53, { 'linux-6.1': 0, 'linux-7.3': 0 }],
  ['vmx_shadow/a4_cr', 94, { 'linux-6.1': 0, 'linux-7.3': 0 }],
  ['vmx_shadow/a5_host', 61, { 'linux-6.1': 3, 'linux-7.3': 3 }],
  ['vmx_shadow/p11_setsregs', 19, { 'linux-6.1': 0, 'linux-7.3': 0 }],
  ['vmx_shadow/p1_noflush', 82, { 'linux-6.1': 0, 'linux-7.3': 0 }],
  ['vmx_shadow/p2_flush', 52, { 'linux-6.1': 0, 'linux-7.3': 0 }],
  ['vmx_shadow/p3_invpcid', 102, { 'linux-6.1': 0, 'linux-7.3': 0 }],
  ['vmx_shadow/p4_invlpg', 26, { 'linux-6.1': 0, 'linux-7.3': 0 }],
  ['vmx_shadow/p5_unsync', 78, { 'linux-6.1': 0, 'linux-7.3': 0 }],
  ['vmx_shadow/p6_cr4', 104, { 'linux-6.1': 0, 'linux-7.3': 0 }],
  ['vmx_shadow/p8_rand', 501, { 'linux-6.1': 0, 'linux-7.3': 0 }],
  ['vmx_shadow/z1_cr3_reserved', 14, { 'linux-6.1': 0, 'linux-7.3': 0 }],
];
type Differ = Readonly<Record<Kernel, number>>;

describe.each(['linux-6.1', 'linux-7.3'] as const)('%s', (kernel) => {
  test('every recording is in the table', () => {
    const folder = new URL(`../../conformance/kvm-recordings/${kernel}/`, import.meta.url);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.replace('.json', ''));
    expect(files.sort()).toEqual(RECORDINGS.map(([name]) => name).sort());
    expect(RECORDINGS.reduce((sum, [, operations]) => sum + operations, 0)).toBe(2935);
  });

  test.each(RECORDINGS)('%s: all %i operations', (name, operations, differ) => {
    const verdict = judgeRecording(recordingOf(kernel, name));
    expect(verdict).toEqual({ passed: operations, failures: [], skipped: {} });

    const second = judgeRecording(recordingOf(kernel, name), { only: SECOND_TIER });
    expect(second.failures).toHaveLength(differ[kernel]);
    expect(second.passed).toBe(operations - differ[kernel]);
  });
});

describe('the judge of recordings', () => {
  const recording = () => recordingOf('linux-6.1', 'vmx_shadow/p3_invpcid');

  test('notices one wrong root', () => {
    const changed = recording();
    changed.operations[3].rootMmu.prevRoots[0] = '0x100002';
    expect(judgeRecording(changed, { only: ROOT_KEYS }).failures).toEqual([
      {
        where: 'linux-6.1/vmx_shadow/p3_invpcid #3 movcr3 0x8000000000101002',
        expected: 'rootMmu {"prevRoots":["0x100002","0x100000",null],"root":"0x101002"}',
        came: 'rootMmu {"prevRoots":["0x100001","0x100000",null],"root":"0x101002"}',
      },
    ]);
  });

  test('does not judge a key that was not observed', () => {
    const blind = recording();
    blind.operations[3].rootMmu = null;
    expect(judgeRecording(blind)).toEqual({ passed: 102, failures: [], skipped: {} });
    expect(judgeRecording(blind, { only: ['rootMmu'] })).toEqual({
      passed: 101,
      failures: [],
      skipped: { 'operation movcr3: nothing observed that is judged': 1 },
    });
  });

  test('names each kind of operation that it does not know, with its count', () => {
    const strange = recording();
    strange.operations[1].op = 'reboot';
    expect(judgeRecording(strange, { only: ROOT_KEYS }).skipped).toEqual({ 'operation reboot': 1 });
  });

  test('refuses a key that no recording has', () => {
    expect(() => judgeRecording(recording(), { only: ['roots'] })).toThrow('no key "roots"');
  });
});

function recordingOf(kernel: string, name: string) {
  const url = new URL(`../../conformance/kvm-recordings/${kernel}/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8'));
}
