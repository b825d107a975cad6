import { z } from 'zod';
import { costOf, type PriceList, PriceListName } from '../race/index.js';
import { SweepCell, type SweepLane, type SweepRow } from './cell.js';
import { Spread, spreadOf } from './summary.js';

/** One policy's cost over the number of slots, at one price list: a curve to draw. */
export const SweepCurve = z
  .strictObject({
    ...SweepCell.pick({ workload: true, kernel: true, commands: true }).shape,
    policy: z.string(),
    prices: PriceListName,
    points: z.array(
      z.strictObject({
        prevRoots: SweepCell.shape.prevRoots,
        cost: Spread.describe('At the values of the list, in cycles.'),
        range: Spread.describe('Over the whole range of every price, of any seed.'),
        loads: Spread,
      }),
    ),
  })
  .meta({ id: 'SweepCurve', description: 'The cost of a policy over the number of slots.' });
export type SweepCurve = z.output<typeof SweepCurve>;

/** Lays price lists upon the counts of a sweep, with one point for each number of slots. */
export function curvesOf(rows: readonly SweepRow[], lists: readonly PriceList[]): SweepCurve[] {
  const groups = new Map<string, SweepRow[]>();
  for (const row of rows) {
    const { workload, kernel, commands, policies } = row.cell;
    const key = [workload, kernel, commands, ...policies].join('/');
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].flatMap((group) =>
    lists.flatMap((list) =>
      (group[0] as SweepRow).lanes.map((_, place) => curveOf(group, place, list)),
    ),
  );
}

function curveOf(rows: readonly SweepRow[], place: number, list: PriceList): SweepCurve {
  const [{ cell, lanes }] = rows as readonly [SweepRow];
  const { workload, kernel, commands } = cell;
  const slots = [...new Set(rows.map((row) => row.cell.prevRoots))].sort((a, b) => a - b);
  const points = slots.map((prevRoots) => {
    const ran = rows
      .filter((row) => row.cell.prevRoots === prevRoots)
      .map((row) => row.lanes[place] as SweepLane);
    const costs = ran.map(({ amounts }) => costOf(amounts, list));
    return {
      prevRoots,
      cost: spreadOf(costs.map(({ total }) => total)),
      range: spreadOf(costs.flatMap(({ low, high }) => [low, high])),
      loads: spreadOf(ran.map(({ loads }) => loads)),
    };
  });
  const { policy } = lanes[place] as SweepLane;
  return { workload, kernel, commands, policy, prices: list.name, points };
}
