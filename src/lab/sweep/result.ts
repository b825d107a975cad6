import { z } from 'zod';
import type { PriceList } from '../race/index.js';
import { SweepRow } from './cell.js';
import { curvesOf, SweepCurve } from './curves.js';
import { SweepSummary, summariesOf } from './summary.js';
import { sweepCsv } from './text.js';

/** A sweep with everything that follows from its counts. */
export const SweepResult = z
  .strictObject({
    version: z.string(),
    rows: z.array(SweepRow).describe('Counts of each race: any price list can be laid upon them.'),
    summaries: z.array(SweepSummary),
    curves: z.array(SweepCurve),
    csv: z.string().describe('The summaries as comma-separated values, a line each.'),
  })
  .meta({ id: 'SweepResult', description: 'Many races, and what they cost by each price list.' });
export type SweepResult = z.output<typeof SweepResult>;

/** Lays price lists upon the rows of a sweep. */
export function sweepResultOf(
  rows: SweepRow[],
  lists: readonly PriceList[],
  version: string,
): SweepResult {
  const summaries = summariesOf(rows, lists);
  const curves = curvesOf(rows, lists);
  const lines = sweepCsv(summaries).map((line) => `${line}\n`);
  return { version, rows, summaries, curves, csv: lines.join('') };
}
