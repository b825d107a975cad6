import { describe, expect, test } from 'vitest';
import { type ArchitectureCase, judgeCases } from '../../conformance/judge/index.js';

const ENTRY = {
  kind: 'linear',
  vpid: 'cur',
  pcid: 'cur',
  ep4ta: 'cur',
  glob: 0,
  page: 'same',
  psc: 0,
};
type Entry = Partial<Record<keyof typeof ENTRY, string | number>>;

function cell(entry: Entry, by: string, required: string): ArchitectureCase {
  const setup = { cached_entry: { ...ENTRY, ...entry }, label: '', note: '' };
  return {
    id: 'cell',
    area: 'tlb-rule',
    op: 'INVALIDATE',
    setup,
    args: { by },
    expect: { required },
  };
}

function sequence(setup: object, steps: readonly string[], outcome: string): ArchitectureCase {
  const said = { setup: setup as ArchitectureCase['setup'], args: { steps }, expect: { outcome } };
  return { id: 'sequence', area: 'tlb-use', op: 'SEQ', ...said };
}

/** `passed`, `failed`, or why it was skipped. */
function judged(...cases: readonly ArchitectureCase[]): string {
  const { passed, failures, skipped } = judgeCases(cases);
  const reasons = Object.keys(skipped);
  if (reasons.length > 0) return reasons.join();
  return failures.length === 0 && passed === cases.length ? 'passed' : 'failed';
}

const COMBINED = { kind: 'combined' };
const PHYSICAL = { kind: 'guest-physical' };
const UPPER = { psc: 1 };

describe('what an invalidation must drop, and what it may keep', () => {
  test.each<[string, Entry, string]>([
    ['INVLPG addr=A (any mode)', {}, 'must_invalidate'],
    ['INVLPG addr=A (any mode)', { page: 'other' }, 'may_keep'],
    ['INVLPG addr=A (any mode)', { ...UPPER, page: 'other' }, 'must_invalidate'],
    ['INVLPG addr=A (any mode)', { ...COMBINED, ep4ta: 'other' }, 'must_invalidate'],
    ['INVPCID type 0, PCID=cur, addr=A', { glob: 1 }, 'may_keep'],
    ['INVPCID type 0, PCID=cur, addr=A', { ...UPPER, page: 'other' }, 'may_keep'],
    ['INVPCID type 1, PCID=other', { pcid: 'other', glob: 0 }, 'must_invalidate'],
    ['INVPCID type 3', { glob: 1 }, 'may_keep'],
    ['MOV CR3, PCIDE=1, bit63=0, PCID=cur', COMBINED, 'must_invalidate'],
    ['MOV CR3, PCIDE=1, bit63=1', {}, 'may_keep'],
    ['MOV CR4 toggling PGE', { glob: 1 }, 'must_invalidate'],
    ['MOV CR4 PCIDE 0->1', {}, 'may_keep'],
    ['MOV CR4 SMEP 0->1', { pcid: 'other' }, 'may_keep'],
    ['MOV CR0 PG 1->0', { ...COMBINED, pcid: 'other' }, 'must_invalidate'],
    ['MOV CR0 WP change; EFER.NXE change', { glob: 1 }, 'may_keep'],
    ['INVVPID type 1, VPID=other', { ...COMBINED, vpid: 'other' }, 'must_invalidate'],
    ['INVVPID type 2', { vpid: 'zero' }, 'may_keep'],
    ['INVEPT type 1, EPTP[51:12]=cur', PHYSICAL, 'must_invalidate'],
    ['INVEPT type 2', {}, 'may_keep'],
    ['VM entry or exit with VPID control 0', { vpid: 'zero' }, 'must_invalidate'],
    ['VM entry or exit with VPID control 1', COMBINED, 'may_keep'],
    ['VMXON / VMXOFF', COMBINED, 'may_keep'],
    ['VMFUNC EPTP switch, VPID off', { ...COMBINED, vpid: 'zero' }, 'must_invalidate'],
    ['EPT violation at GPA of A', PHYSICAL, 'must_invalidate'],
    ['EPT violation at GPA of A', {}, 'may_keep'],
    ['#PF at linear A', UPPER, 'must_invalidate'],
    ['#PF at linear A', { pcid: 'other', glob: 1 }, 'may_keep'],
    ['power-up / RESET', { ...PHYSICAL, ep4ta: 'other' }, 'must_invalidate'],
  ])('%s %o %s', (by, entry, required) => {
    expect(judged(cell(entry, by, required))).toBe('passed');
    const other = required === 'may_keep' ? 'must_invalidate' : 'may_keep';
    expect(judged(cell(entry, by, other))).toBe('failed');
  });

  test.each([
    ['WBINVD', {}, 'may_keep', 'invalidation "WBINVD"'],
    ['INVEPT type 2', {}, 'perhaps', 'required "perhaps"'],
    ['INVEPT type 2', { psc: 2 }, 'may_keep', expect.stringContaining('cached entry {')],
  ])('%s %o %s has no rule', (by, entry, required, why) => {
    const skipped = judged(cell(entry, by, required));
    expect(skipped.replace('cell: no rule for ', '')).toEqual(why);
  });
});

describe('how an access may end', () => {
  const SPACES = { pcide: 1, g: 0 };
  const L2 = { ept: 1, vpid: 'on' };
  const SWITCH = ['PCID 1: read A', 'PTE of A changed frame X->Y', 'MOV CR3 PCID 2 no-flush'];
  const EDIT = ['L2 changes its PTE A', 'VM exit + entry', 'L2 reads A'];

  test.each<[object, readonly string[], string, string]>([
    [SPACES, [...SWITCH, 'MOV CR3 PCID 1 no-flush (bit 63)', 'read A'], 'X or Y', 'Y only'],
    [SPACES, [...SWITCH, 'MOV CR3 PCID 1 flush', 'read A'], 'Y only', 'X or Y'],
    [{ pcide: 0 }, ['PTE P=0 -> P=1', 'access'], 'Y only', 'Y or one spurious #PF'],
    [{ pcide: 0 }, ['PTE W 0->1', 'write'], 'ok or one spurious #PF 0x3, retry ok', 'ok'],
    [{ pcide: 0 }, ['PTE W 1->0', 'INVLPG A', 'write'], '#PF 0x3', '#PF or still allowed'],
    [L2, EDIT, 'stale or new', 'new only'],
    [{ ept: 1, vpid: 'off' }, EDIT, 'new only', 'stale or new'],
    [
      { ept: 1 },
      ['EPT entry of P gets W', 'L2 writes P'],
      'ok or one spurious EPT violation',
      'ok',
    ],
    [
      L2,
      ['L2 reads A', 'L1 sets EPT entry not present', 'INVEPT type 1 same EPTP', 'L2 reads A'],
      'EPT violation',
      'stale or EPT violation',
    ],
  ])('%o %j: %s, and not %s', (setup, steps, right, wrong) => {
    expect(judged(sequence(setup, steps, right))).toBe('passed');
    expect(judged(sequence(setup, steps, wrong))).toBe('failed');
  });

  test('steps as above, but for one', () => {
    const own = ['as above but L1 executes INVVPID type 0 (VPID, A) before entry'];
    const above = sequence(L2, EDIT, 'stale or new');
    expect(judged(above, sequence(L2, own, 'new only'))).toBe('passed');
    expect(judged(above, sequence(L2, own, 'stale or new'))).toBe('failed');
  });

  test.each([
    [{ pcide: 0 }, ['WBINVD', 'read A'], 'Y only', 'step "WBINVD"'],
    [{ pcide: 0 }, ['read A'], 'fact', 'outcome "fact"'],
    [{ pcide: 0 }, ['read A', 'INVLPG A'], 'Y only', 'steps that end without an access'],
    [{ cr0_pg: 0 }, ['read A'], 'Y only', 'setup key cr0_pg'],
  ])('%o %j %s has no rule', (setup, steps, outcome, why) => {
    expect(judged(sequence(setup, steps, outcome))).toBe(`sequence: no rule for ${why}`);
  });
});
