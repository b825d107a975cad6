import { expect, test } from 'vitest';
import {
  type Amounts,
  cellSteps,
  cellsOf,
  DEFAULT_PRICES,
  keyOf,
  PRICE_NAMES,
  SweepRow,
  summariesOf,
  sweepTable,
} from '../../../src/lab/index.js';
import { finished } from '../../../src/mmu/index.js';

const NONE = Object.fromEntries(PRICE_NAMES.map((name) => [name, 0])) as Amounts;

function rowOf(seed: number, [baseline, lane]: readonly [Partial<Amounts>, Partial<Amounts>]) {
  const counts = { loads: 0, misses: 0, violations: 0, undecided: 0, refused: 0, failure: null };
  return SweepRow.parse({
    version: 'test',
    cell: {
      ...{ workload: 'kpti', seed, kernel: '6.1', prevRoots: 3, commands: 10 },
      policies: ['mainline', 'cached-roots'],
    },
    lanes: [
      { policy: 'mainline', amounts: { ...NONE, ...baseline }, ...counts, loads: 10 + seed },
      { policy: 'cached-roots', amounts: { ...NONE, ...lane }, ...counts, loads: seed },
    ],
    fewestLoads: seed,
  });
}

test('a summary has the spread over seeds, and what each seed came to', () => {
  const rows = [
    rowOf(1, [{ exit: 100 }, { exit: 90 }]),
    rowOf(2, [{ exit: 100 }, { exit: 80 }]),
    rowOf(3, [{ exit: 100 }, { exit: 100 }]),
  ];
  expect(summariesOf(rows, [DEFAULT_PRICES])).toEqual([
    {
      ...{ workload: 'kpti', kernel: '6.1', prevRoots: 3, commands: 10 },
      ...{ policy: 'cached-roots', baseline: 'mainline', prices: DEFAULT_PRICES.name, seeds: 3 },
      standings: { cheaper: 2, same: 1 },
      deciding: [],
      saving: { least: 0, most: 1 - 80 / 100 },
      range: { least: 0, most: 1 - 80 / 100 },
      loads: { least: 1, most: 3 },
      baselineLoads: { least: 11, most: 13 },
      fewestLoads: { least: 1, most: 3 },
      ...{ violations: 0, undecided: 0, failures: 0 },
    },
  ]);
  expect(sweepTable(summariesOf(rows, [DEFAULT_PRICES]))).toEqual([
    'workload  policy        for which prices       saves %    any price  loads     of  stale',
    'kpti      cached-roots  2 cheaper, 1 same  0.0 to 20.0  0.0 to 20.0    1-3  11-13      0',
  ]);
});

test('a cell that is run again has the same row', () => {
  const [cell] = cellsOf({
    ...{ workloads: ['pcid-churn'], seeds: [7], kernels: ['6.1'], prevRoots: [3] },
    ...{ policies: ['mainline', 'need-sync'], commands: 200 },
  } as const);
  const row = () => {
    const steps = cellSteps(cell as NonNullable<typeof cell>, 'test');
    return finished(steps);
  };
  expect(keyOf(cell as NonNullable<typeof cell>)).toBe('pcid-churn/7/6.1/3/200/mainline need-sync');
  expect(row()).toEqual(row());
  expect(SweepRow.parse(row())).toEqual(row());
});
