import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { museumPage } from '../../scripts/museum-page.js';
import { type Exhibit, isAsItShouldBe, MUSEUM, play, show } from '../../src/lab/index.js';
import { createMendedVm, DEFECT_NAMES, POLICIES, POLICY_NAMES } from '../../src/mmu/index.js';

describe('the museum', () => {
  test('has every defect once, and every proposal that was mailed', () => {
    const defects = MUSEUM.flatMap(({ amiss }) => ('defects' in amiss ? amiss.defects : []));
    expect(defects).toEqual(DEFECT_NAMES);
    const policies = MUSEUM.flatMap(({ amiss }) => ('policy' in amiss ? [amiss.policy] : []));
    const posted = POLICY_NAMES.filter((name) => !POLICIES[name].isSound);
    expect(new Set(policies)).toEqual(new Set(['mainline', ...posted]));
    expect(new Set(MUSEUM.map(({ name }) => name)).size).toBe(MUSEUM.length);
    expect(MUSEUM).toHaveLength(120);
  });

  test.each(MUSEUM.map((exhibit) => [exhibit.name, exhibit] as const))('%s', (_name, exhibit) => {
    const shown = show(exhibit);
    expect(shown.uncalled).toBe(null);
    expect(shown.caught?.by).toBe(exhibit.judge);
    expect(shown.caught?.after).toBeGreaterThan(0);
    expect(isAsItShouldBe(shown)).toBe(true);
  });
});

describe('a hole that KVM has to this day', () => {
  test.each(['mainline-t17', 'mainline-vpid12', 'mainline-nx', 'mainline-pse'])(
    '%s can be closed',
    (name) => {
      const { scene, amiss } = MUSEUM.find((one) => one.name === name) as Exhibit;
      expect(play(scene, amiss)?.by).toBe('oracle');
      expect(play(scene, amiss, createMendedVm)).toBe(null);
    },
  );
});

test('docs/museum.md is that of the catalogue', () => {
  const page = readFileSync(new URL('../../docs/museum.md', import.meta.url), 'utf8');
  expect(page).toBe(museumPage());
});
