import type { Mark, Timeline, VcpuTimeline } from '../api/timeline.js';
import type { Bar, Place } from './layout.js';
import type { Row } from './rows.js';

/** Heights of the ticks of flushes, by scope: the more is dropped, the higher. */
export const FLUSH_HEIGHTS = {
  'flush-address': 0.25,
  'flush-pcid': 0.45,
  'flush-context': 0.6,
  'flush-guest': 0.7,
  'flush-current': 0.85,
  'flush-all': 1,
} as const satisfies Partial<Record<Mark, number>>;

const SCOPES = Object.entries(FLUSH_HEIGHTS) as readonly (readonly [Mark, number])[];

type Buckets = Timeline['bucket'];

/** Bars of a row of numbers; none for any other row. */
export function barsIn(row: Row, one: VcpuTimeline, buckets: Buckets, place: Place): Bar[] {
  switch (row.of.kind) {
    case 'flushes':
      return flushBars(row, one, buckets, place);
    case 'traffic':
      return trafficBars(row, one, buckets, place);
    default:
      return [];
  }
}

/** A bar a bucket: as high as its widest scope. */
function flushBars(row: Row, { counts }: VcpuTimeline, buckets: Buckets, place: Place): Bar[] {
  const slots = columnsOf(buckets, place);
  return slots.flatMap(({ index, x, width }) => {
    let height = 0;
    let count = 0;
    for (const [scope, high] of SCOPES) {
      const found = counts[scope]?.[index] ?? 0;
      if (found > 0) height = Math.max(height, high);
      count += found;
    }
    return count === 0 ? [] : [barAt(row, place, { mark: 'flush', count, x, width, up: height })];
  });
}

/** Exits above the middle, entries below it, and faults as a line of dots at the very top. */
function trafficBars(row: Row, { counts }: VcpuTimeline, buckets: Buckets, place: Place): Bar[] {
  const slots = columnsOf(buckets, place);
  const most = Math.max(1, ...slots.map(({ index }) => mostAt(counts, index)));
  // One in a bucket is seen beside a hundred in another.
  const share = (count: number) =>
    count === 0 ? 0 : 0.45 + 0.55 * (Math.log1p(count - 1) / Math.log1p(Math.max(1, most - 1)));
  return slots.flatMap(({ index, x, width }) => {
    const bars: Bar[] = [];
    const exits = counts.exits?.[index] ?? 0;
    const entries = counts.entries?.[index] ?? 0;
    const faults = counts.faults?.[index] ?? 0;
    if (exits > 0) {
      bars.push(
        barAt(row, place, {
          mark: 'exit',
          count: exits,
          x,
          width,
          up: 0.45 * share(exits),
          at: 0.55,
        }),
      );
    }
    if (entries > 0) {
      const down = 0.42 * share(entries);
      bars.push(
        barAt(row, place, { mark: 'entry', count: entries, x, width, up: down, at: 0.55 + down }),
      );
    }
    if (faults > 0) {
      bars.push(barAt(row, place, { mark: 'fault', count: faults, x, width, up: 0.1, at: 0.1 }));
    }
    return bars;
  });
}

function mostAt({ exits, entries }: VcpuTimeline['counts'], index: number): number {
  return Math.max(exits?.[index] ?? 0, entries?.[index] ?? 0);
}

/** Buckets that are in the window, with their places. A bar is no wider than an eye needs. */
function columnsOf({ first, size, count }: Buckets, { view, xOf, unit }: Place) {
  const begin = Math.max(0, Math.floor((view.from - first) / size));
  const end = Math.min(count, Math.ceil((view.to - first) / size));
  const columns: { index: number; x: number; width: number }[] = [];
  for (let index = begin; index < end; index += 1) {
    const left = xOf(first + index * size);
    const whole = xOf(first + (index + 1) * size) - left;
    const width = Math.max(1, Math.min(whole - (whole > 3 ? 1 : 0), unit * 0.6));
    columns.push({ index, x: left + (whole - width) / 2, width });
  }
  return columns;
}

interface BarPlace {
  readonly mark: Bar['mark'];
  readonly count: number;
  readonly x: number;
  readonly width: number;
  /** Height, as a part of the row's. */
  readonly up: number;
  /** Foot of the bar, from the top, as a part of the row's height. */
  readonly at?: number;
}

function barAt(row: Row, { unit }: Place, { mark, count, x, width, up, at = 1 }: BarPlace): Bar {
  const high = row.height * unit;
  return { row, mark, count, x, width, y: row.top * unit + (at - up) * high, height: up * high };
}
