import type { BusySpan, RootLane, RootSpan, Timeline, VcpuTimeline } from '../api/timeline.js';
import type { Traced } from '../model/trace.js';
import { barsIn } from './bars.js';
import type { Colours } from './colours.js';
import { heightOf, type Row } from './rows.js';
import { type TracedMark, tracedMarksIn } from './traced-marks.js';
import type { Viewport } from './viewport.js';

/** A thing in the picture, in pixels. */
interface Placed {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type Box = Placed & { readonly row: Row; readonly of: BoxOf };

export type BoxOf =
  /** @see LOOKS; null for the neutral look. */
  | {
      readonly kind: 'root';
      readonly look: number | null;
      readonly label: string;
      readonly span: RootSpan;
    }
  | {
      readonly kind: 'level';
      readonly level: 'host' | 'L1' | 'L2';
      readonly from: number;
      readonly to: number | null;
    }
  | { readonly kind: 'request'; readonly from: number; readonly to: number | null }
  | { readonly kind: 'busy'; readonly span: BusySpan };

/** A bar of a row of numbers; `share` is its height as a part of the row's. */
export type Bar = Placed & {
  readonly row: Row;
  readonly mark: 'flush' | 'exit' | 'entry' | 'fault';
  readonly count: number;
};

/** A violation: a line through the lanes of its vCPU. */
export interface Flag {
  readonly x: number;
  readonly y: number;
  readonly height: number;
  readonly seq: number;
  readonly vcpu: number;
  readonly rule: string;
}

/** A stretch that nothing is known of. */
export type Unknown = Placed & { readonly why: 'dropped' | 'not-yet' };

/** A picture of lanes: plain data that a painter draws and a test reads. */
export interface Layout {
  readonly view: Viewport;
  readonly width: number;
  readonly height: number;
  /** Pixels of one unit of the rows. */
  readonly unit: number;
  readonly rows: readonly Row[];
  readonly boxes: readonly Box[];
  readonly bars: readonly Bar[];
  readonly flags: readonly Flag[];
  readonly traced: readonly TracedMark[];
  readonly unknown: readonly Unknown[];
}

export interface Frame {
  readonly view: Viewport;
  readonly rows: readonly Row[];
  readonly colours: Colours;
  /** Whether root_mmu maps L1's memory directly, as with EPT and no L2. */
  readonly isDirect: boolean;
  /** Commands of the trace that the VM was made of; null if of none. */
  readonly traced: Traced | null;
  /** Width in pixels, and pixels of one unit of the rows. */
  readonly width: number;
  readonly unit: number;
}

/** Places everything that a timeline has in a window. */
export function layoutOf(timeline: Timeline, frame: Frame): Layout {
  const { view, rows, width, unit } = frame;
  const scale = width / (view.to - view.from);
  const xOf = (seq: number) => (seq - view.from) * scale;
  const byVcpu = new Map(timeline.vcpus.map((one) => [one.vcpu, one]));
  const place: Place = { ...frame, xOf, last: timeline.to };
  const boxes: Box[] = [];
  const bars: Bar[] = [];
  for (const row of rows) {
    const one = byVcpu.get(row.vcpu);
    if (one === undefined) continue;
    for (const box of boxesIn(row, one, place)) boxes.push(box);
    for (const bar of barsIn(row, one, timeline.bucket, place)) bars.push(bar);
  }
  const height = heightOf(rows) * unit;
  return {
    view,
    width,
    height,
    unit,
    rows,
    boxes,
    bars,
    flags: flagsIn(timeline, place),
    traced: frame.traced === null ? [] : tracedMarksIn(frame.traced, place),
    unknown: unknownIn(timeline, place, height),
  };
}

/** Everything that is needed to place a thing. */
export interface Place extends Frame {
  readonly xOf: (seq: number) => number;
  /** The last `seq` that the timeline tells of. */
  readonly last: number;
}

/** A span is drawn this wide at least, in pixels. */
const WIDTH_MIN = 1.5;

function boxesIn(row: Row, one: VcpuTimeline, place: Place): Box[] {
  switch (row.of.kind) {
    case 'level': {
      const { spans, busy } = one.level;
      const boxes = spans.flatMap(({ from, to, level }) =>
        boxFor(row, place, { kind: 'level', level, from, to }, from, to),
      );
      return [...boxes, ...busyBoxes(row, busy, place)];
    }
    case 'slot':
      return [...rootBoxes(row, row.of.lane, place), ...busyBoxes(row, row.of.lane.busy, place)];
    case 'slots':
      return row.of.lanes.flatMap((lane) => [
        ...rootBoxes(row, lane, place),
        ...busyBoxes(row, lane.busy, place),
      ]);
    case 'request': {
      const { spans, busy } = row.of.lane;
      const boxes = spans.flatMap(({ from, to }) =>
        boxFor(row, place, { kind: 'request', from, to }, from, to),
      );
      return [...boxes, ...busyBoxes(row, busy, place)];
    }
    default:
      return [];
  }
}

function rootBoxes(row: Row, { mmu, spans }: RootLane, place: Place): Box[] {
  return spans.flatMap((span) => {
    // A direct root is for all of L1's memory, and stands for no pgd.
    const label = place.isDirect && mmu === 'root' ? 'direct' : span.pgd;
    const look = place.colours.get(span.pgd) ?? null;
    return boxFor(row, place, { kind: 'root', look, label, span }, span.from, span.to);
  });
}

function busyBoxes(row: Row, busy: readonly BusySpan[], place: Place): Box[] {
  return busy.flatMap((span) => boxFor(row, place, { kind: 'busy', span }, span.from, span.to));
}

/** Space at the top and the bottom of a row, as a part of a unit. */
const INSET = 0.07;

/** The box of a span; none if it lies outside the window. */
function boxFor(row: Row, place: Place, of: BoxOf, from: number, to: number | null): Box[] {
  const { view, xOf, width, unit, last } = place;
  const end = to ?? last + 1;
  if (end < view.from || from > view.to) return [];
  const x = Math.max(xOf(from), -2);
  const right = Math.min(Math.max(xOf(end), x + WIDTH_MIN), width + 2);
  const y = (row.top + INSET) * unit;
  return [{ row, of, x, y, width: right - x, height: (row.height - 2 * INSET) * unit }];
}

function flagsIn({ violations }: Timeline, { rows, view, xOf, unit }: Place): Flag[] {
  return violations.first.flatMap(({ seq, vcpu, rule }) => {
    const lane = rows.filter((row) => row.vcpu === vcpu);
    const [first] = lane;
    if (first === undefined || seq + 1 < view.from || seq > view.to) return [];
    const y = first.top * unit;
    return [{ x: xOf(seq + 0.5), y, height: heightOf(lane) * unit - y, seq, vcpu, rule }];
  });
}

function unknownIn({ oldest, from, to }: Timeline, place: Place, height: number): Unknown[] {
  const { xOf, width } = place;
  const begin = Math.max(0, xOf(Math.max(oldest, from)));
  const end = Math.min(width, xOf(to + 1));
  const unknown: Unknown[] = [];
  if (begin > 0.5) {
    const why = from > oldest ? 'not-yet' : 'dropped';
    unknown.push({ x: 0, y: 0, width: begin, height, why });
  }
  if (end < width - 0.5) {
    unknown.push({ x: end, y: 0, width: width - end, height, why: 'not-yet' });
  }
  return unknown;
}
