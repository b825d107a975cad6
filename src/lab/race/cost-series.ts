/** The cost of each lane after some of the commands: a curve to draw. */
export interface CostSeries {
  /** Commands between two points. */
  every: number;
  readonly points: CostPoint[];
}

export interface CostPoint {
  /** Commands that were run. */
  readonly commands: number;
  /** The cost of each lane by then. */
  readonly costs: readonly number[];
}

/** Points that are kept: when there are more, every other one goes. */
export const COST_POINTS_MAX = 128;

export function createCostSeries(): CostSeries {
  return { every: 16, points: [] };
}

/** Keeps a point if it is time for one. @param costs Works them out. */
export function addPoint(
  series: CostSeries,
  commands: number,
  costs: () => readonly number[],
): void {
  if (commands % series.every !== 0) return;
  series.points.push({ commands, costs: costs() });
  if (series.points.length < COST_POINTS_MAX) return;
  series.every *= 2;
  const kept = series.points.filter((point) => point.commands % series.every === 0);
  series.points.splice(0, series.points.length, ...kept);
}
