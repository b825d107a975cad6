import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Timeline } from '../../web/api/timeline.js';
import { coloursFor } from '../../web/lanes/colours.js';
import { hitsOf } from '../../web/lanes/hits.js';
import { layoutOf } from '../../web/lanes/layout.js';
import { rowsOf } from '../../web/lanes/rows.js';
import {
  atHead,
  axisStep,
  moved,
  SPAN_MIN,
  showing,
  within,
  zoomed,
} from '../../web/lanes/viewport.js';
import { wantedFor } from '../../web/lanes/wanted.js';
import { wordsOf } from '../../web/lanes/words.js';
import { tracedOf } from '../../web/model/trace.js';

type Vcpu = Timeline['vcpus'][number];
type Span = Vcpu['roots'][number]['spans'][number];

const root = (from: number, to: number | null, pgd: string, also: Partial<Span> = {}): Span => ({
  from,
  to,
  pgd,
  hpa: '0x100000000',
  marked: false,
  end: to === null ? null : 'moved',
  cause: null,
  ...also,
});

const vcpuOf = (vcpu: number, also: Partial<Vcpu> = {}): Vcpu => ({
  vcpu,
  level: { spans: [{ from: 0, to: null, level: 'host' }], busy: [] },
  roots: [],
  requests: [],
  counts: {},
  ...also,
});

const timelineOf = (vcpus: Vcpu[], also: Partial<Timeline> = {}): Timeline => ({
  from: 0,
  to: 99,
  head: 99,
  oldest: 0,
  bucket: { first: 0, size: 10, count: 10 },
  vcpus,
  violations: { count: 0, first: [] },
  ...also,
});

const slots = (count: number, mmu: 'root' | 'guest' = 'root') =>
  Array.from({ length: count }, (_, index) => ({
    mmu,
    slot: (index === 0 ? 'current' : `prev${index - 1}`) as Vcpu['roots'][number]['slot'],
    spans: [root(0, null, `0x${index + 1}000`)],
    busy: [],
  }));

const FOLDING = { byHand: new Map(), allSlots: new Set<number>(), openMax: 4 };
const labels = (timeline: Timeline, folding = FOLDING) =>
  rowsOf(timeline, folding).map(({ vcpu, label }) => `${vcpu} ${label}`);

describe('rows', () => {
  test('are those that say something, and slots beyond the third are folded', () => {
    const one = vcpuOf(0, {
      roots: slots(6),
      requests: [{ request: 'MMU_SYNC', spans: [], busy: [] }],
      counts: { 'flush-all': [1] },
    });
    const quiet = ['0 vCPU 0', '0 runs', '0 exits, entries'];
    expect(labels(timelineOf([vcpuOf(0)]))).toEqual(quiet);
    const rows = labels(timelineOf([one]));
    expect(rows.slice(2, 7)).toEqual([
      '0 current',
      '0 prev0',
      '0 prev1',
      '0 prev2',
      '0 2 more slots',
    ]);
    expect(rows.slice(7)).toEqual(['0 MMU_SYNC', '0 flushes', '0 exits, entries']);
    const all = labels(timelineOf([one]), { ...FOLDING, allSlots: new Set([0]) });
    expect(all.slice(5, 8)).toEqual(['0 prev2', '0 prev3', '0 prev4']);
  });

  test('name the MMU only if both have roots', () => {
    const both = vcpuOf(0, { roots: [...slots(1), ...slots(2, 'guest')] });
    expect(labels(timelineOf([both])).slice(2, 5)).toEqual([
      '0 root_mmu current',
      '0 guest_mmu current',
      '0 prev0',
    ]);
    const ids = rowsOf(timelineOf([both]), FOLDING).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('of five vCPUs only the first is open, unless one is opened by hand', () => {
    const five = timelineOf([0, 1, 2, 3, 4].map((vcpu) => vcpuOf(vcpu, { roots: slots(2) })));
    const of = (vcpu: number, folding = FOLDING) =>
      labels(five, folding).filter((label) => label.startsWith(`${vcpu} `));
    expect(of(0)).toHaveLength(5);
    expect(of(4)).toEqual(['4 vCPU 4', '4 current']);
    expect(of(4, { ...FOLDING, byHand: new Map([[4, true]]) })).toHaveLength(5);
    expect(of(0, { ...FOLDING, byHand: new Map([[0, false]]) })).toHaveLength(2);
  });
});

describe('a picture', () => {
  const spans = [
    root(0, 40, '0x1000', { end: 'freed', cause: 'invept-all' }),
    root(60, null, '0x2000'),
  ];
  const lane = {
    mmu: 'root',
    slot: 'current',
    spans,
    busy: [{ from: 40, to: 60, count: 7 }],
  } as const;
  const one = vcpuOf(0, {
    roots: [{ ...lane, spans: [...spans], busy: [...lane.busy] }],
    counts: { exits: [0, 3] },
  });
  const violations = { count: 1, first: [{ seq: 50, vcpu: 0, rule: 'stale-translation' }] };
  const timeline = timelineOf([one], { violations });
  const rows = rowsOf(timeline, FOLDING);
  const colours = coloursFor(timeline, { from: 0, to: 100 }, new Map());
  const frame = { rows, colours, isDirect: false, traced: null, width: 200, unit: 10 };
  const layout = layoutOf(timeline, { ...frame, view: { from: 0, to: 100 } });
  const inRow = (kind: string) => layout.boxes.filter(({ row }) => row.of.kind === kind);

  test('places spans, holes and busy stretches by their seq', () => {
    expect(inRow('slot').map(({ of, x, width }) => [of.kind, x, width])).toEqual([
      ['root', 0, 80],
      ['root', 120, 80],
      ['busy', 80, 40],
    ]);
    expect(inRow('slot').map(wordsOf)).toEqual([
      'current: pgd 0x1000 hpa 0x100000000, then freed by invept-all, seq 0 to 40',
      'current: pgd 0x2000 hpa 0x100000000, seq 60 to now',
      'current: 7 spans, too short to be shown one by one, seq 40 to 60',
    ]);
    expect(layout.bars.map(({ mark, count, x }) => [mark, count, x])).toEqual([['exit', 3, 27]]);
    expect(layout.flags.map(({ seq, x }) => [seq, x])).toEqual([[50, 101]]);
    expect(layout.unknown).toEqual([]);
  });

  test('leaves out what is not in the window, and cuts what begins before it', () => {
    const near = layoutOf(timeline, { ...frame, view: { from: 20, to: 30 } });
    const shown = near.boxes.filter(({ row }) => row.of.kind === 'slot');
    expect(shown.map(({ x, width }) => [x, width])).toEqual([[-2, 204]]);
    expect(near.flags).toEqual([]);
  });

  test('commands of a trace are marks in the head of their vCPU, the least sure of those that are near', () => {
    const command = (seq: number, confidence: 'seen' | 'inferred' | 'guessed', vcpu = 0) => ({
      ...{ seq, vcpu, confidence, at: seq },
    });
    const traced = tracedOf([
      ...[command(1, 'seen'), command(2, 'guessed'), command(3, 'inferred')],
      ...[command(40, 'inferred'), command(60, 'seen', 7), command(90, 'seen')],
    ]);
    const { traced: marks } = layoutOf(timeline, {
      ...{ ...frame, traced },
      view: { from: 0, to: 80 },
    });
    expect(marks.map(({ x, confidence }) => [x, confidence])).toEqual([
      [3.75, 'guessed'],
      [101.25, 'inferred'],
    ]);
    expect(traced.at(40)?.confidence).toBe('inferred');
    expect(traced.at(41)).toBe(null);
  });

  test('tells what was dropped from what was not read yet', () => {
    const late = timelineOf([one], { from: 30, oldest: 30, to: 79, head: 99 });
    const { unknown } = layoutOf(late, { ...frame, view: { from: 0, to: 100 } });
    expect(unknown.map(({ x, width, why }) => [x, width, why])).toEqual([
      [0, 60, 'dropped'],
      [160, 40, 'not-yet'],
    ]);
  });

  test('is hit where it is drawn, and a violation beside its line as well', () => {
    const hits = hitsOf(layout);
    const y = (inRow('slot')[0]?.y ?? 0) + 2;
    expect(hits.at(10, y).box?.of.kind).toBe('root');
    expect(hits.at(90, y).box?.of.kind).toBe('busy');
    expect(hits.at(104, y).flag?.seq).toBe(50);
    expect(hits.at(110, y).flag).toBe(null);
    expect(hits.at(10, layout.height + 50).box).toBe(null);
  });
});

test('colours go to the pgds that fill the window, and stay with them', () => {
  const many = Array.from({ length: 12 }, (_, index) =>
    root(index * 5, index * 5 + index + 1, `0x${index}000`),
  );
  const timeline = timelineOf([
    vcpuOf(0, { roots: [{ mmu: 'root', slot: 'current', spans: many, busy: [] }] }),
  ]);
  const first = coloursFor(timeline, { from: 0, to: 100 }, new Map());
  expect([...first.keys()].sort()).toEqual([
    '0x10000',
    '0x11000',
    '0x4000',
    '0x5000',
    '0x6000',
    '0x7000',
    '0x8000',
    '0x9000',
  ]);
  expect(new Set(first.values()).size).toBe(8);
  const later = coloursFor(timeline, { from: 20, to: 30 }, first);
  expect([...later.keys()].sort()).toEqual(['0x4000', '0x5000']);
  expect(later.get('0x4000')).toBe(first.get('0x4000'));
});

describe('a window', () => {
  const extent = { oldest: 100, head: 1099 };
  test('never leaves the history, and is never narrower than a few events', () => {
    const view = fc.record({
      from: fc.double({ min: -5000, max: 5000, noNaN: true }),
      span: fc.double({ min: 1, max: 9000, noNaN: true }),
    });
    const act = fc.double({ min: 0.01, max: 100, noNaN: true });
    fc.assert(
      fc.property(view, act, ({ from, span }, factor) => {
        const whole = within({ from, to: from + span }, extent);
        for (const next of [
          whole,
          zoomed(whole, factor, 500, extent),
          moved(whole, factor - 50, extent),
        ]) {
          expect(next.from).toBeGreaterThanOrEqual(100);
          expect(next.to).toBeLessThanOrEqual(1100 + 1e-6);
        }
        const near = zoomed(whole, 1e-9, 500, extent);
        expect(near.to - near.from).toBeCloseTo(SPAN_MIN);
      }),
      { seed: 14, numRuns: 300 },
    );
  });

  test('keeps what is pointed at in its place', () => {
    expect(zoomed({ from: 200, to: 400 }, 0.5, 250, extent)).toEqual({ from: 225, to: 325 });
    expect(atHead(200, extent)).toEqual({ from: 900, to: 1100 });
    expect(atHead(Number.POSITIVE_INFINITY, extent)).toEqual({ from: 100, to: 1100 });
    expect(showing({ from: 200, to: 300 }, 250, extent)).toEqual({ from: 200, to: 300 });
    expect(showing({ from: 200, to: 300 }, 700, extent)).toEqual({ from: 611, to: 711 });
  });

  test.each([
    [1000, 10, 100],
    [1000, 7, 200],
    [7, 20, 1],
    [999, 10, 100],
    [45, 10, 5],
    [3e6, 8, 5e5],
  ])('of %d events with room for %d numbers has one every %d', (span, room, step) => {
    expect(axisStep(span, room)).toBe(step);
  });

  test('is read anew only if what there is will not do', () => {
    const have = timelineOf([]);
    const wants = { have, view: { from: 20, to: 60 }, isFollowing: false, head: 99, width: 16 };
    expect(wantedFor({ ...wants, have: null })).toEqual({ from: null, to: null, buckets: 12 });
    expect(wantedFor(wants)).toBe(null);
    expect(wantedFor({ ...wants, width: 1000 })).toEqual({ from: 10, to: 70, buckets: 750 });
    expect(wantedFor({ ...wants, isFollowing: true })).toBe(null);
    expect(wantedFor({ ...wants, isFollowing: true, head: 120 })).toEqual({
      from: 71,
      to: null,
      buckets: 12,
    });
  });
});
