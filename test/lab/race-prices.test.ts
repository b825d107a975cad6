import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DEFAULT_PRICES,
  PRESETS,
  PRICE_NAMES,
  PriceFile,
  type PriceList,
  priceFileOf,
  priceListOf,
} from '../../src/lab/index.js';
import {
  type Amounts,
  compare,
  costOf,
  type PriceName,
  standingText,
  withChanges,
} from '../../src/lab/race/prices/index.js';
import { INVALIDATED, PCIDE, raceOf } from './races.js';

const NONE = Object.fromEntries(PRICE_NAMES.map((name) => [name, 0])) as Amounts;
const of = (amounts: Partial<Amounts>): Amounts => ({ ...NONE, ...amounts });

/** A list in which these prices have these ranges, and all others are free. */
function listWith(ranges: Partial<Record<PriceName, [low: number, value: number, high: number]>>) {
  const free = withChanges(DEFAULT_PRICES, NONE).prices;
  const some = Object.entries(ranges).map(([name, [low, value, high]]) => {
    return [name, { ...free[name as PriceName], low, value, high }];
  });
  return priceListOf(
    PriceFile.parse(
      priceFileOf({ ...DEFAULT_PRICES, prices: { ...free, ...Object.fromEntries(some) } }),
    ),
  );
}

describe('a lane against its baseline', () => {
  const list = listWith({ loadExisting: [500, 1000, 3000], syncWalk: [100, 400, 900] });

  test.each([
    ['the same counts', { loadExisting: 4 }, { loadExisting: 4 }, 'same', null],
    ['less of everything', { loadExisting: 3 }, { loadExisting: 4 }, 'cheaper', null],
    ['more of everything', { loadExisting: 4 }, { loadExisting: 3 }, 'dearer', null],
    [
      'syncs in place of as many loads',
      { syncWalk: 10 },
      { loadExisting: 10 },
      'cheaper-unless',
      { price: 'loadExisting', side: 'below', cycles: 900 },
    ],
    [
      'loads in place of as many syncs',
      { loadExisting: 10 },
      { syncWalk: 10 },
      'dearer-unless',
      { price: 'loadExisting', side: 'below', cycles: 900 },
    ],
    ['two syncs for a load', { syncWalk: 20 }, { loadExisting: 10 }, 'undecided', null],
  ] as const)('%s', (_, lane, baseline, standing, unless) => {
    expect(compare(of(lane), of(baseline), list)).toMatchObject({ standing, unless });
  });

  test('tells what it saves, where it turns, and how far prices may go', () => {
    const found = compare(of({ syncWalk: 20 }), of({ loadExisting: 10 }), list);
    expect(found).toEqual({
      standing: 'undecided',
      unless: null,
      saving: { value: 1 - 8000 / 10_000, low: 1 - 18_000 / 5000, high: 1 - 2000 / 30_000 },
      turns: [
        { price: 'loadExisting', cycles: 800 },
        { price: 'syncWalk', cycles: 500 },
      ],
      margin: 2000 / 15_000,
    });
    expect(standingText(found, 1000)).toBe(
      'not decided: cheaper at the values of the list, by 20.0 % (-260.0 to 93.3); it turns with ' +
        'loadExisting at 800 cycles (0.80 exits), or syncWalk at 500 cycles (0.50 exits); all ' +
        'prices may go 13.3 % of the way to their worst ends',
    );
  });

  test('a baseline that costs nothing has no share to save', () => {
    const found = compare(of({ syncWalk: 1 }), NONE, list);
    expect([found.standing, found.saving]).toEqual(['dearer', { value: 0, low: 0, high: 0 }]);
  });
});

const SEED = 20_261_130;
const price = fc
  .tuple(fc.nat(1000), fc.nat(1000), fc.nat(1000))
  .map((three) => [...three].sort((a, b) => a - b) as [number, number, number]);
const NAMES = ['loadExisting', 'syncWalk', 'flushOne', 'exit'] as const;
const amounts = fc
  .array(fc.nat(20), { minLength: NAMES.length, maxLength: NAMES.length })
  .map((counts) => of(Object.fromEntries(NAMES.map((name, index) => [name, counts[index]]))));
const ranges = fc
  .array(price, { minLength: NAMES.length, maxLength: NAMES.length })
  .map((rows) => listWith(Object.fromEntries(NAMES.map((name, index) => [name, rows[index]]))));

/** Every corner of the box: each price at its low or its high end. */
function cornersOf(list: PriceList): PriceList[] {
  return Array.from({ length: 2 ** NAMES.length }, (_, bits) =>
    withChanges(
      list,
      Object.fromEntries(
        NAMES.map((name, index) => {
          const { low, high } = list.prices[name];
          return [name, (bits >> index) & 1 ? high : low];
        }),
      ),
    ),
  );
}

describe('over every corner of the prices', () => {
  test('a standing that is claimed holds, and one that is not is refuted by a corner', () => {
    fc.assert(
      fc.property(amounts, amounts, ranges, (lane, baseline, list) => {
        const { standing } = compare(lane, baseline, list);
        const signs = cornersOf(list).map((corner) =>
          Math.sign(costOf(lane, corner).total - costOf(baseline, corner).total),
        );
        if (signs.every((sign) => sign < 0)) expect(standing).toBe('cheaper');
        else if (signs.every((sign) => sign > 0)) expect(standing).toBe('dearer');
        else expect(['same', 'undecided', 'cheaper-unless', 'dearer-unless']).toContain(standing);
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });

  test('the price that decides alone does so on its side, and not beyond', () => {
    fc.assert(
      fc.property(amounts, amounts, ranges, (lane, baseline, list) => {
        const { standing, unless } = compare(lane, baseline, list);
        if (unless === null) return;
        const { price: name, side, cycles } = unless;
        const wanted = standing === 'cheaper-unless' ? -1 : 1;
        const at = (value: number) =>
          cornersOf(list)
            .map((corner) => withChanges(corner, { [name]: value }))
            .map((corner) => costOf(lane, corner).total - costOf(baseline, corner).total);
        const inside = side === 'below' ? cycles + 1 : cycles - 1;
        const outside = side === 'below' ? cycles - 1 : cycles + 1;
        expect(at(inside).every((more) => more * wanted > 0)).toBe(true);
        expect(at(Math.max(0, outside)).some((more) => more * wanted <= 1e-6)).toBe(true);
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });

  test('the range of the saving is that of the corners', () => {
    fc.assert(
      fc.property(amounts, amounts, ranges, (lane, baseline, list) => {
        const bases = cornersOf(list).map((corner) => costOf(baseline, corner).total);
        fc.pre(bases.every((base) => base > 0));
        const savings = cornersOf(list).map(
          (corner) => 1 - costOf(lane, corner).total / costOf(baseline, corner).total,
        );
        const { saving } = compare(lane, baseline, list);
        expect(saving.low).toBeCloseTo(Math.min(...savings), 9);
        expect(saving.high).toBeCloseTo(Math.max(...savings), 9);
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });
});

describe('a price list', () => {
  const first = priceFileOf(Object.values(PRESETS)[0] as PriceList);

  test.each([
    ['a range upside down', { value: 5, low: 6, high: 4 }, '6 <= 5 <= 4 does not hold'],
    ['a negative price', { value: -1, low: -1, high: 2 }, 'Too small'],
    ['no number', { value: 'x', low: 0, high: 2 }, 'expected number'],
    ['too much', { value: 2e9, low: 0, high: 2e9 }, 'Too big'],
  ])('refuses %s', (_, range, message) => {
    const exit = { ...first.prices.exit, ...range };
    const parsed = PriceFile.safeParse({ ...first, prices: { ...first.prices, exit } });
    expect(parsed.error?.issues.map((issue) => issue.message).join()).toContain(message);
  });

  test('refuses an absent price, and takes zero', () => {
    const { exit, ...others } = first.prices;
    const lacking = PriceFile.safeParse({ ...first, prices: others });
    expect(lacking.error?.issues[0]?.message).toBe(
      'without a base every price is there, and these are not: exit',
    );
    const based = PriceFile.parse({ ...first, base: 'xeon-8269cy-4.19', prices: {} });
    expect(priceListOf(based).prices).toEqual(PRESETS['xeon-8269cy-4.19'].prices);
    const free = { ...exit, value: 0, low: 0, high: 0 };
    expect(PriceFile.safeParse({ ...first, prices: { ...others, exit: free } }).success).toBe(true);
  });
});

test.each([
  [['mainline-5.14', 'mainline', 'never-cache'], 'mainline'],
  [['never-cache', 'cached-roots'], 'never-cache'],
] as const)('%j are held against %s', (policies, baseline) => {
  const { result } = raceOf(policies, INVALIDATED, PCIDE);
  expect(result.baseline).toBe(baseline);
  const own = result.lanes.find(({ name }) => name === baseline);
  expect(own?.comparison.standing).toBe('same');
  for (const { cost, comparison } of result.lanes) {
    expect(comparison.saving.value).toBeCloseTo(1 - cost.total / (own?.cost.total ?? 0), 12);
  }
  expect(result.verdict).toContain(`\nAgainst ${baseline}:\n`);
});
