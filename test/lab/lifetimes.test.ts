import { describe, expect, test } from 'vitest';
import { type Exhibit, isInLifetime, lifetimeText, MUSEUM, play } from '../../src/lab/index.js';
import { DEFECTS, KERNEL_RELEASES } from '../../src/mmu/index.js';
import { kernelRulesOf } from '../../src/mmu/kernel/index.js';
import type { DefectName, KernelName } from '../../src/mmu/schema/index.js';

const isBug = ({ amiss, source }: Exhibit) => 'defects' in amiss && source !== 'mutant';
const isHole = ({ amiss }: Exhibit) => 'policy' in amiss && amiss.policy === 'mainline';
const BUGS = MUSEUM.filter(isBug);
const HOLES = MUSEUM.filter(isHole);

/** Slips that a commit avoided: no release has them. */
const NEVER_RELEASED = ['invept-matches-whole-eptp', 'pcide-keeps-roots'];

/** Scenes that a release without the mistake does not end well either, and the mistake it has. */
const FOR_ANOTHER_REASON: Readonly<Record<string, string>> = {
  'mainline-t17 on 5.13.0': 'mov-cr3-syncs-current-only',
  'mainline-t17-l2 on 5.13.0': 'mov-cr3-syncs-current-only',
  'obsolete-roots-by-current on 5.13.0': 'MMU_RELOAD frees all roots',
  'obsolete-roots-by-current on 5.14.0': 'MMU_RELOAD frees all roots',
};

/** Whether a scene ends well under a kernel as it was, with the policy of its time. */
function isClean({ scene }: Exhibit, kernel: KernelName): boolean {
  const policy = kernel < '5.15' ? 'mainline-5.14' : 'mainline';
  return play(scene, { defects: [], kernel, policy }) === null;
}

describe('every exhibit says which releases have it', () => {
  test('a hole and a bug have a first one, a proposal and a mutant have none', () => {
    const without = MUSEUM.filter(({ lifetime }) => lifetime === null);
    const released = [...HOLES, ...BUGS].filter((one) => without.includes(one));
    expect(released.map(({ name }) => name).sort()).toEqual(NEVER_RELEASED);
    expect(without).toHaveLength(MUSEUM.length - HOLES.length - BUGS.length + released.length);
  });

  test('the source of a bug begins with its repair', () => {
    const repaired = BUGS.filter(({ lifetime }) => (lifetime?.repair ?? null) !== null);
    const other = repaired.filter(
      ({ lifetime, source }) => !source.startsWith(`${lifetime?.repair}`),
    );
    expect(other.map(({ name }) => name)).toEqual([
      'linked-unsynced',
      'ept-bit-7-unchecked',
      'vmx-exit-unhandled',
    ]);
  });
});

describe.each(HOLES.map((hole) => [hole.name, hole] as const))('%s', (name, hole) => {
  test.each(KERNEL_RELEASES)('is there on %s just if that is one of its releases', (kernel) => {
    const isThere = hole.lifetime !== null && isInLifetime(hole.lifetime, kernel);
    const isExpected = isThere || `${name} on ${kernel}` in FOR_ANOTHER_REASON;
    expect(!isClean(hole, kernel)).toBe(isExpected);
  });
});

describe.each(BUGS.map((bug) => [bug.name, bug] as const))('%s', (name, bug) => {
  const rules = DEFECTS[name as DefectName].rules;

  test('is a rule of its releases, and of no others, if it is one', () => {
    if (rules === undefined || bug.lifetime === null) return;
    for (const kernel of KERNEL_RELEASES) {
      const own = kernelRulesOf(kernel);
      const has = Object.entries(rules).every(
        ([rule, value]) => own[rule as keyof typeof own] === value,
      );
      expect([kernel, has]).toEqual([kernel, isInLifetime(bug.lifetime, kernel)]);
    }
  });

  test('does not show on releases that do not have it', () => {
    const kernels = KERNEL_RELEASES.filter(
      (kernel) => bug.lifetime === null || !isInLifetime(bug.lifetime, kernel),
    );
    const shown = kernels.filter((kernel) => !isClean(bug, kernel));
    const expected = kernels.filter((kernel) => `${name} on ${kernel}` in FOR_ANOTHER_REASON);
    expect(shown).toEqual(expected);
  });
});

describe('a lifetime', () => {
  const life = {
    first: '5.16',
    last: '7.2',
    lastOf: { '6.1': '6.1.187', '6.12': '6.12.109' },
    repair: '05a0b701d108',
    seenOn: ['6.1.176'],
  };

  test.each([
    ['5.15.200', false],
    ['5.16', true],
    ['5.16.0', true],
    ['6.1.187', true],
    ['6.1.188', false],
    ['6.6.300', true],
    ['6.12.109', true],
    ['6.12.110', false],
    ['7.2.9', true],
    ['7.3', false],
    ['10.0.1', false],
  ])('has %s: %s', (release, has) => {
    expect(isInLifetime(life, release)).toBe(has);
    expect(isInLifetime({ ...life, last: null }, '10.0.1')).toBe(true);
  });

  test('is written in one line', () => {
    expect(lifetimeText(life)).toBe('5.16 to 7.2, 6.1.187, 6.12.109; seen on 6.1.176');
    expect(lifetimeText({ first: '5.18', last: '5.18', repair: null })).toBe('5.18');
    expect(lifetimeText({ first: '5.18', last: null, repair: null })).toBe('5.18 to today');
  });
});
