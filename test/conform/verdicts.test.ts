import { expect, test } from 'vitest';
import { type ArchitectureCase, judgeCases } from '../../conformance/judge/index.js';

const invept: ArchitectureCase = {
  id: 'x-1',
  area: 'invept',
  op: 'INVEPT',
  setup: { context: 'VMX root, CPL0, 64-bit' },
  args: { type: '0x0', desc_lo: '0x1005e' },
  expect: { outcome: 'VMfailValid', error: 28 },
};

test('a wrong expectation fails, and says what was expected and what came', () => {
  const wrong = { ...invept, expect: { outcome: 'VMsucceed', flags: 'CF=PF=AF=ZF=SF=OF=0' } };
  expect(judgeCases([invept, wrong])).toEqual({
    passed: 1,
    failures: [
      {
        where: 'x-1 INVEPT',
        expected: 'VMsucceed; flags CF=0 PF=0 AF=0 ZF=0 SF=0 OF=0',
        came: 'VMfailValid 28; flags CF=0 PF=0 AF=0 ZF=1 SF=0 OF=0',
      },
    ],
    skipped: {},
  });
});

test('an area that is not judged is counted, not passed', () => {
  const other = { ...invept, area: 'sgx' };
  expect(judgeCases([other, other])).toEqual({
    passed: 0,
    failures: [],
    skipped: { 'area sgx': 2 },
  });
});

test.each<[string, Partial<ArchitectureCase>]>([
  ['setup key gmet', { setup: { gmet: 1 } }],
  ['context "on the moon"', { setup: { context: 'VMX root, on the moon' } }],
  ['argument gla', { args: { gla: 1 } }],
  ['op MOON', { op: 'MOON' }],
  ['outcome "moon"', { expect: { outcome: 'moon' } }],
  ['expectation exitinfo1', { expect: { outcome: 'ok', exitinfo1: '0x0' } }],
  ['value "0xmoon"', { args: { type: '0xmoon' } }],
  ['flush "the moon"', { expect: { outcome: 'VMfail 28', flush: 'the moon' } }],
])('what has no rule is skipped by name: %s', (what, part) => {
  const { passed, failures, skipped } = judgeCases([{ ...invept, ...part }]);
  expect([passed, failures, skipped]).toEqual([0, [], { [`x-1: no rule for ${what}`]: 1 }]);
});

test('a state that the model does not let come about is a failure, not a pass', () => {
  const impossible = { ...invept, setup: { context: 'VMX root', cpuid_vmx: 0 } };
  const { passed, failures } = judgeCases([impossible]);
  expect([passed, failures.length]).toEqual([0, 1]);
});
