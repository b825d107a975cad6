import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addPage, type PageRuns, takePages } from '../../src/mmu/machine/index.js';

const PAGES = 24;
const page = fc.integer({ min: 0, max: PAGES - 1 });
const act = fc.oneof(
  fc.record({ add: page }),
  fc.record({ take: page, count: fc.integer({ min: 1, max: PAGES }) }),
);

function pagesOf(runs: PageRuns): number[] {
  return runs.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i));
}

test('runs of pages hold what a set of the same pages holds, in as few runs as there can be', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
      const runs: PageRuns = [];
      const set = new Set<number>();
      for (const one of acts) {
        if ('add' in one) {
          addPage(runs, one.add);
          set.add(one.add);
          continue;
        }
        const range = Array.from({ length: one.count }, (_, i) => one.take + i);
        const taken = takePages(runs, { first: one.take, count: one.count });
        expect(pagesOf(taken)).toEqual(range.filter((nth) => set.delete(nth)));
      }
      expect(pagesOf(runs)).toEqual([...set].sort((a, b) => a - b));
      expect(runs.every(({ first }, i) => i === 0 || !pagesOf(runs).includes(first - 1))).toBe(
        true,
      );
    }),
    { seed: 20261130, numRuns: 300 },
  );
});
