import type { WireRace } from '../api/wire.js';
import type { Standing } from './standings.js';

/** Curves over the commands of a race. */
export interface CostCurves {
  readonly at: readonly number[];
  readonly curves: readonly { readonly name: string; readonly values: readonly number[] }[];
}

/**
 * Cost of each group of lanes beyond that of the baseline, whose own line would be zero and is left
 * out with its group.
 *
 * @param baseline Index of the lane.
 */
export function curvesOver(
  { lanes, series, commands }: WireRace,
  standings: readonly Standing[],
  baseline: number,
): CostCurves {
  const zero = { commands: 0, costs: lanes.map(() => 0) };
  const last = { commands, costs: lanes.map(({ cost }) => cost.total) };
  const between = series.points.filter((point) => point.commands < commands);
  const points = [zero, ...between, last];
  const curves = standings
    .filter(({ isBaseline }) => !isBaseline)
    .map(({ names, lane }) => {
      const index = lanes.findIndex(({ name }) => name === lane.name);
      const values = points.map(({ costs }) => (costs[index] ?? 0) - (costs[baseline] ?? 0));
      return { name: names.join(' = '), values };
    });
  return { at: points.map((point) => point.commands), curves };
}
