import { expect, test } from 'vitest';
import { judgeCases } from '../../conformance/judge/index.js';
import { allRight, caseOf, type Facts, type Row } from './architecture-rows.js';

const FULL = { outcome: 'vmexit', reason: 62 };
const CLEAN = { kind: 'write', gpa: 'D=0 page' };
const LOG = 'L0 dirty ring/bitmap, L2 GPA 0xc0001000 and 0xc0002000 both map to L1 GPA 0xc0000000';
const LATER = 'as above, second alias written after first logged and cleared';
const index = (pml_index: string): Facts => ({ pml_index, eptp_ad: 1 });

/** The one failure's sentence, of a case that expects something else than what is right. */
function sentenceOf(row: Row): string | undefined {
  const { failures } = judgeCases([caseOf('pml', 'L2_ACCESS', row)]);
  const [failure] = failures;
  return failure && `expected ${failure.expected}, came ${failure.came}`;
}

test('the log of the pages that L2 modifies', () => {
  allRight('pml', 'L2_ACCESS', [
    [index('0x1ff'), CLEAN, 'ok'],
    [index('0x0'), CLEAN, 'ok'],
    [index('0x200'), CLEAN, FULL],
    [index('0xffff'), { kind: 'write', gpa: 'D=1 page' }, 'ok'],
    [index('0xffff'), { kind: 'read|exec', gpa: 'D=0 page' }, 'ok'],
    [{ ...index('0xffff'), pml: 0 }, CLEAN, 'ok'],
    [{ ...index('0xffff'), eptp_ad: 0 }, CLEAN, 'ok'],
    [{ ...index('0x5'), pml_address: '0x70000' }, { kind: 'write', gpa: '0x8000000000' }, 'ok'],
  ]);
});

test("the VMM's log of the pages of L1 that L2 writes", () => {
  const page = { outcome: 'ok', dirty_bitmap_page: 0 };
  allRight('pml', 'L2_ACCESS', [
    [{ dirty_log: LOG }, { kind: 'write', gpa: '0xc0001000' }, page],
    [{ dirty_log: LOG }, { kind: 'write', gpa: '0xc0002000' }, page],
    [{ dirty_log: LATER }, { kind: 'write', gpa: '0xc0002000' }, page],
  ]);
});

test('the controls of the log, at a VM entry', () => {
  allRight('pml', 'VMLAUNCH', [
    [{}, { ept: 1, eptp: '0x1005e', pml: 1, pml_address: '0x1000' }, 'ok'],
    [{}, { ept: 1, eptp: '0x1005e', pml: 1, pml_address: '0x1008' }, 'VMfail 7'],
    [{}, { ept: 0, pml: 1, pml_address: '0x1000' }, 'VMfail 7'],
  ]);
});

test.each<[string, Row]>([
  ['expected ok, came write: vmexit 0x3e qualification 0x0', [index('0xffff'), CLEAN, 'ok']],
  [
    'expected page 786433 dirty, came log: page 786433 clean',
    [
      { dirty_log: LOG },
      { kind: 'write', gpa: '0xc0001000' },
      { outcome: 'ok', dirty_bitmap_page: 1 },
    ],
  ],
])('a wrong expectation fails: %s', (sentence, row) => {
  expect(sentenceOf(row)).toBe(sentence);
});

test.each<[string, Facts, Facts]>([
  ['argument perm', index('0x0'), { ...CLEAN, perm: 'r--' }],
  ['dirty_log "moon"', { dirty_log: 'moon' }, CLEAN],
  ['gpa 0xc0003000, which is no alias', { dirty_log: LOG }, { kind: 'write', gpa: '0xc0003000' }],
])('what has no rule is skipped by name: %s', (what, setup, args) => {
  const expected = { outcome: 'ok', dirty_bitmap_page: 0 };
  const { skipped } = judgeCases([caseOf('pml', 'L2_ACCESS', [setup, args, expected])]);
  expect(skipped).toEqual({ [`pml: no rule for ${what}`]: 1 });
});
