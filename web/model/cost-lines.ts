import type { WireRace } from '../api/wire.js';

/** Cost of each lane beyond that of the baseline, over the number of commands. */
export interface CostLines {
  readonly commandsMax: number;
  readonly least: number;
  readonly most: number;
  readonly lines: readonly { readonly name: string; readonly points: readonly Point[] }[];
}

interface Point {
  readonly commands: number;
  readonly beyond: number;
}

/** Takes the baseline as the zero line that the others are compared with. */
export function costLinesOf({ lanes, baseline, series, commands }: WireRace): CostLines {
  const zero = lanes.findIndex(({ name }) => name === baseline);
  const last = { commands, costs: lanes.map(({ cost }) => cost.total) };
  const points = [{ commands: 0, costs: lanes.map(() => 0) }, ...series.points, last];
  const lines = lanes.map(({ name }, index) => ({
    name,
    points: points.map(({ commands: at, costs }) => ({
      commands: at,
      beyond: (costs[index] ?? 0) - (costs[zero] ?? 0),
    })),
  }));
  const all = lines.flatMap((line) => line.points.map(({ beyond }) => beyond));
  return {
    commandsMax: Math.max(commands, 1),
    least: Math.min(0, ...all),
    most: Math.max(0, ...all),
    lines,
  };
}
