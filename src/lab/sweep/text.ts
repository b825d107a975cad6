import { type Column, tableLines } from '../plain-text.js';
import type { Spread, SweepSummary } from './summary.js';

/** Summaries as a table, with the price list in every row. */
export function sweepTable(summaries: readonly SweepSummary[]): string[] {
  const columns: Column<SweepSummary>[] = [
    { head: 'workload', isText: true, of: ({ workload }) => workload },
    ...only(summaries, 'kernel'),
    ...only(summaries, 'prevRoots'),
    ...only(summaries, 'prices'),
    { head: 'policy', isText: true, of: ({ policy }) => policy },
    { head: 'for which prices', isText: true, of: standingsText },
    { head: 'saves %', of: ({ saving }) => percents(saving) },
    { head: 'any price', of: ({ range }) => percents(range) },
    { head: 'loads', of: ({ loads }) => spread(loads) },
    { head: 'of', of: ({ baselineLoads }) => spread(baselineLoads) },
    { head: 'stale', of: ({ violations }) => violations },
  ];
  return tableLines(columns, summaries);
}

/** Summaries as comma-separated values: a line of heads, and a line each. */
export function sweepCsv(summaries: readonly SweepSummary[]): string[] {
  const cells = (one: SweepSummary): Readonly<Record<string, string | number>> => ({
    ...{ workload: one.workload, kernel: one.kernel, prev_roots: one.prevRoots },
    ...{ commands: one.commands, prices: one.prices, policy: one.policy },
    ...{ baseline: one.baseline, seeds: one.seeds, standing: standingsText(one) },
    ...{ saving_least: one.saving.least, saving_most: one.saving.most },
    ...{ range_least: one.range.least, range_most: one.range.most },
    ...{ loads_least: one.loads.least, loads_most: one.loads.most },
    ...{ baseline_loads_least: one.baselineLoads.least },
    ...{ baseline_loads_most: one.baselineLoads.most },
    ...{ fewest_loads_least: one.fewestLoads.least, fewest_loads_most: one.fewestLoads.most },
    ...{ violations: one.violations, undecided: one.undecided, failures: one.failures },
  });
  const [first] = summaries;
  if (first === undefined) return [];
  const lines = summaries.map((one) => Object.values(cells(one)).map(quoted).join(','));
  return [Object.keys(cells(first)).join(','), ...lines];
}

/** Result of the comparison, with counts of seeds where there were several, and what it hangs on. */
function standingsText({ standings, deciding }: SweepSummary): string {
  const found = Object.entries(standings);
  const prices = deciding.length === 0 ? '' : ` (${deciding.join(', ')})`;
  if (found.length === 1) return `${found[0]?.[0] ?? ''}${prices}`;
  return `${found.map(([standing, seeds]) => `${seeds} ${standing}`).join(', ')}${prices}`;
}

/** A column that is there if its values differ. */
function only(
  summaries: readonly SweepSummary[],
  key: 'kernel' | 'prevRoots' | 'prices',
): Column<SweepSummary>[] {
  if (new Set(summaries.map((one) => one[key])).size < 2) return [];
  const head = key === 'prevRoots' ? 'slots' : key;
  return [{ head, isText: key !== 'prevRoots', of: (one) => one[key] }];
}

function percents({ least, most }: Spread): string {
  const [from, to] = [least, most].map((share) =>
    (share * 100).toFixed(1).replace(/^-0\.0$/, '0.0'),
  );
  return from === to ? String(from) : `${from} to ${to}`;
}

function spread({ least, most }: Spread): string {
  return least === most ? String(least) : `${least}-${most}`;
}

function quoted(value: string | number): string {
  return typeof value === 'string' && value.includes(',') ? `"${value}"` : String(value);
}
