import { z } from 'zod';
import {
  compare,
  PRICE_NAMES,
  type PriceList,
  PriceListName,
  STANDINGS,
  type Standing,
} from '../race/index.js';
import { SweepCell, type SweepLane, type SweepRow } from './cell.js';

/** The least and the most of a number over the seeds of a sweep. */
export const Spread = z
  .strictObject({ least: z.number(), most: z.number() })
  .meta({ id: 'Spread', description: 'The least and the most over the seeds of a sweep.' });
export type Spread = z.output<typeof Spread>;

const count = z.number().int().min(0);

/** One policy in one workload at one price list, over all seeds. */
export const SweepSummary = z
  .strictObject({
    ...SweepCell.pick({ workload: true, kernel: true, prevRoots: true, commands: true }).shape,
    policy: z.string(),
    baseline: z.string(),
    prices: PriceListName,
    seeds: count,
    standings: z
      .partialRecord(z.enum(STANDINGS), count)
      .describe('Seeds by what the comparison with the baseline came to.'),
    deciding: z
      .array(z.enum(PRICE_NAMES))
      .describe('Prices that decide alone, where the standing says `unless`.'),
    saving: Spread.describe('Share saved at the values of the list.'),
    range: Spread.describe('Share saved over the whole range of every price, of any seed.'),
    loads: Spread,
    baselineLoads: Spread,
    fewestLoads: Spread,
    ...{ violations: count, undecided: count, failures: count },
  })
  .meta({ id: 'SweepSummary', description: 'A policy in a workload at a price list.' });
export type SweepSummary = z.output<typeof SweepSummary>;

/**
 * Lays price lists upon the counts of a sweep. The first policy of each race is the baseline.
 *
 * @returns By workload, kernel and slots, in the order of the rows; then by list and policy.
 */
export function summariesOf(
  rows: readonly SweepRow[],
  lists: readonly PriceList[],
): SweepSummary[] {
  const groups = new Map<string, SweepRow[]>();
  for (const row of rows) {
    const { workload, kernel, prevRoots, commands, policies } = row.cell;
    const key = [workload, kernel, prevRoots, commands, ...policies].join('/');
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].flatMap((group) =>
    lists.flatMap((list) =>
      (group[0]?.lanes ?? []).slice(1).map((_, place) => summaryOf(group, place + 1, list)),
    ),
  );
}

function summaryOf(rows: readonly SweepRow[], place: number, list: PriceList): SweepSummary {
  const { cell } = rows[0] as SweepRow;
  const { workload, kernel, prevRoots, commands } = cell;
  const pairs = rows.map(({ lanes }) => ({
    baseline: lanes[0] as SweepLane,
    lane: lanes[place] as SweepLane,
  }));
  const comparisons = pairs.map(({ lane, baseline }) =>
    compare(lane.amounts, baseline.amounts, list),
  );
  const standings: Partial<Record<Standing, number>> = {};
  for (const { standing } of comparisons) standings[standing] = (standings[standing] ?? 0) + 1;
  const sum = (of: (lane: SweepLane) => number) =>
    pairs.reduce((total, { lane }) => total + of(lane), 0);
  return {
    ...{ workload, kernel, prevRoots, commands },
    policy: (pairs[0] as (typeof pairs)[number]).lane.policy,
    baseline: (pairs[0] as (typeof pairs)[number]).baseline.policy,
    prices: list.name,
    seeds: rows.length,
    standings,
    deciding: [...new Set(comparisons.flatMap(({ unless }) => unless?.price ?? []))],
    saving: spreadOf(comparisons.map(({ saving }) => saving.value)),
    range: spreadOf(comparisons.flatMap(({ saving }) => [saving.low, saving.high])),
    loads: spreadOf(pairs.map(({ lane }) => lane.loads)),
    baselineLoads: spreadOf(pairs.map(({ baseline }) => baseline.loads)),
    fewestLoads: spreadOf(rows.map((row) => row.fewestLoads)),
    violations: sum(({ violations }) => violations),
    undecided: sum(({ undecided }) => undecided),
    failures: sum(({ failure }) => (failure === null ? 0 : 1)),
  };
}

/** @param values At least one. */
export function spreadOf(values: readonly number[]): Spread {
  return { least: Math.min(...values), most: Math.max(...values) };
}
