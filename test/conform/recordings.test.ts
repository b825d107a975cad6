import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { judgeRecording } from '../../src/lab/index.js';

const ROOT_KEYS = ['switches', 'evicted', 'freed', 'rootMmu', 'guestMmu'];

/** Recordings in which no root depends on an unsync page: every operation's roots must be right. */
const WHOLE = [
  ['svm_shadow/a1_lru', 79],
  ['svm_shadow/a4_cr', 94],
  ['svm_shadow/a5_host', 61],
  ['vmx_ept/a4_cr', 94],
  ['vmx_ept/a5_host', 61],
  ['vmx_ept/p3_invpcid', 102],
  ['vmx_nested_ept/n1_eptp', 62],
  ['vmx_nested_ept/n2_invept', 51],
  ['vmx_nested_ept/n3_vpid', 54],
  ['vmx_nested_ept/n7_roots', 535],
  ['vmx_nested_shadow/s1_shadow_nested', 46],
  ['vmx_shadow/F_p1_noflush', 82],
  ['vmx_shadow/a1_lru', 79],
  ['vmx_shadow/a4_cr', 94],
  ['vmx_shadow/a5_host', 61],
  ['vmx_shadow/p11_setsregs', 19],
  ['vmx_shadow/p1_noflush', 82],
  ['vmx_shadow/p2_flush', 52],
  ['vmx_shadow/p3_invpcid', 102],
  ['vmx_shadow/p4_invlpg', 26],
  ['vmx_shadow/p6_cr4', 104],
  ['vmx_shadow/z1_cr3_reserved', 14],
] as const;

/** Recordings whose roots depend on unsync or write-flooded pages, which the model has not yet. */
const PARTIAL = [
  ['svm_shadow/a2_unsync', 56, 13],
  ['vmx_nested_ept/n4_edit', 86, 8],
  ['vmx_nested_ept/n5_mix', 73, 8],
  ['vmx_shadow/F_p5_unsync', 78, 30],
  ['vmx_shadow/a2_unsync', 56, 13],
  ['vmx_shadow/a3_upper', 53, 7],
  ['vmx_shadow/p5_unsync', 78, 30],
  ['vmx_shadow/p8_rand', 501, 31],
] as const;

describe.each(['linux-6.1', 'linux-7.3'])('%s', (kernel) => {
  test.each(WHOLE)('%s: the roots of all %i operations', (name, operations) => {
    const verdict = judgeRecording(recordingOf(kernel, name), { only: ROOT_KEYS });
    expect(verdict.failures).toEqual([]);
    expect(verdict.passed).toBe(operations);
  });

  test.each(PARTIAL)(
    '%s: of %i operations, %i need pages below the roots',
    (name, operations, wrong) => {
      const verdict = judgeRecording(recordingOf(kernel, name), { only: ROOT_KEYS });
      expect(verdict.failures).toHaveLength(wrong);
      expect(verdict.passed).toBe(operations - wrong);
    },
  );
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
    for (const operation of blind.operations) operation.rootMmu = null;
    expect(judgeRecording(blind, { only: ['rootMmu'] })).toEqual({
      passed: 0,
      failures: [],
      skipped: new Map(),
    });
  });

  test('names each kind that it cannot judge yet, with its count', () => {
    expect(judgeRecording(recording()).skipped.get('key result')).toBe(102);
    const strange = recording();
    strange.operations[1].op = 'reboot';
    expect(judgeRecording(strange, { only: ROOT_KEYS }).skipped).toEqual(
      new Map([['operation reboot', 1]]),
    );
  });

  test('refuses a key that no recording has', () => {
    expect(() => judgeRecording(recording(), { only: ['roots'] })).toThrow('no key "roots"');
  });

  test('refuses a kernel whose rules it does not have', () => {
    expect(() => judgeRecording({ ...recording(), kernel: '4.19.1' })).toThrow(
      'no rules for kernel 4.19.1',
    );
  });
});

function recordingOf(kernel: string, name: string) {
  const url = new URL(`../../conformance/kvm-recordings/${kernel}/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8'));
}
