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

/** Whether it is time for a point: working out a cost takes longer than most commands. */
export function isPointDue({ every }: CostSeries, commands: number): boolean {
  return commands % every === 0;
}

export function addPoint(series: CostSeries, point: CostPoint): void {
  series.points.push(point);
  if (series.points.length < COST_POINTS_MAX) return;
  series.every *= 2;
  const kept = series.points.filter(({ commands }) => commands % series.every === 0);
  series.points.splice(0, series.points.length, ...kept);
}
