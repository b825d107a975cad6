import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { judgeRecording } from '../../src/lab/index.js';

const ROOT_KEYS = ['switches', 'evicted', 'freed', 'rootMmu', 'guestMmu'];

/** What the guest's own code, stack and tables leave traces in as well. */
const SECOND_TIER = ['loads', 'zapped', 'flushes', 'faults'];

type Kernel = 'linux-6.1' | 'linux-7.3';

/** Every recording, and its operations. In the first tier none differs. */
const RECORDINGS: readonly (readonly [name: string, operations: number])[] = [
  ['svm_shadow/a1_lru', 79],
  ['svm_shadow/a2_unsync', 56],
  ['svm_shadow/a4_cr', 94],
  ['svm_shadow/a5_host', 61],
  ['vmx_ept/a4_cr', 94],
  ['vmx_ept/a5_host', 61],
  ['vmx_ept/p3_invpcid', 102],
  ['vmx_nested_ept/n1_eptp', 62],
  ['vmx_nested_ept/n2_invept', 51],
  ['vmx_nested_ept/n3_vpid', 54],
  ['vmx_nested_ept/n4_edit', 86],
  ['vmx_nested_ept/n5_mix', 73],
  ['vmx_nested_ept/n7_roots', 535],
  ['vmx_nested_shadow/s1_shadow_nested', 46],
  ['vmx_shadow/F_p1_noflush', 82],
  ['vmx_shadow/F_p5_unsync', 78],
  ['vmx_shadow/a1_lru', 79],
  ['vmx_shadow/a2_unsync', 56],
  ['vmx_shadow/a3_upper', 53],
  ['vmx_shadow/a4_cr', 94],
  ['vmx_shadow/a5_host', 61],
  ['vmx_shadow/p11_setsregs', 19],
  ['vmx_shadow/p1_noflush', 82],
  ['vmx_shadow/p2_flush', 52],
  ['vmx_shadow/p3_invpcid', 102],
  ['vmx_shadow/p4_invlpg', 26],
  ['vmx_shadow/p5_unsync', 78],
  ['vmx_shadow/p6_cr4', 104],
  ['vmx_shadow/p8_rand', 501],
  ['vmx_shadow/z1_cr3_reserved', 14],
];

/**
 * Operations that differ in the second tier, by kernel: flushes by which KVM tells of a write to
 * CR4 on an SVM host (`a2_unsync`, `a4_cr`), pages that the host takes away of a guest whose own
 * code and stack are mapped as well (`a5_host`), and a flush that KVM makes one operation sooner
 * (`n5_mix`).
 */
const DIFFER: Readonly<Record<string, Partial<Record<Kernel, readonly number[]>>>> = {
  'svm_shadow/a2_unsync': { 'linux-6.1': [43, 45] },
  'svm_shadow/a4_cr': { 'linux-6.1': [8, 11] },
  'svm_shadow/a5_host': { 'linux-6.1': [46, 50, 52], 'linux-7.3': [46, 50, 52] },
  'vmx_ept/a5_host': { 'linux-6.1': [46, 47, 49, 51], 'linux-7.3': [46] },
  'vmx_nested_ept/n5_mix': { 'linux-6.1': [67, 68], 'linux-7.3': [67, 68] },
  'vmx_shadow/a5_host': { 'linux-6.1': [46, 50, 52], 'linux-7.3': [46, 50, 52] },
};

describe.each(['linux-6.1', 'linux-7.3'] as const)('%s', (kernel) => {
  test('every recording is in the table', () => {
    const folder = new URL(`../../conformance/kvm-recordings/${kernel}/`, import.meta.url);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.replace('.json', ''));
    expect(files.sort()).toEqual(RECORDINGS.map(([name]) => name).sort());
    expect(RECORDINGS.reduce((sum, [, operations]) => sum + operations, 0)).toBe(2935);
  });

  test.each(RECORDINGS)('%s: all %i operations', (name, operations) => {
    const verdict = judgeRecording(recordingOf(kernel, name));
    expect(verdict).toEqual({ passed: operations, failures: [], skipped: {} });

    const second = judgeRecording(recordingOf(kernel, name), { only: SECOND_TIER });
    const differ = DIFFER[name]?.[kernel] ?? [];
    expect(second.failures.map(({ where }) => Number(/#(\d+) /.exec(where)?.[1]))).toEqual(differ);
    expect(second.passed).toBe(operations - differ.length);
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
