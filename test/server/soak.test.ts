import { describe, expect, test } from 'vitest';
import { Completeness } from '../../stress/soak/completeness.js';
import {
  heapAfterCollection,
  ofUsualThreads,
  type Sample,
  trendOf,
} from '../../stress/soak/flatness.js';
import { soak } from '../../stress/soak/soak.js';
import { FORMS } from '../../stress/soak/stream-client.js';
import { listen } from './start.js';

/** Buffers and histories so small that whoever rests for a moment is left behind. */
const LIMITS = { streamBufferBytes: 8192, historyRecordsPerVm: 512, historyRecords: 20_000 };

/** Longer than the test may take: no dead reader is let go in its midst. */
const HEARTBEAT_MS = 600_000;

test('under load every reader sees all, or is told what it does not see', async () => {
  const { port } = await listen({ limits: { ...LIMITS, heartbeatMs: HEARTBEAT_MS } });
  const { followed, complaints, changes } = await soak({
    port,
    seconds: 240,
    heartbeatMs: HEARTBEAT_MS,
    isEnough: ({ changes, framesRead }) =>
      changes > 120 && FORMS.every((form) => framesRead[form] > 1000),
    vms: 60,
    streams: 27,
    seed: 7,
    pace: { readsMs: 300, restsMs: 1000 },
    heat: { times: 20, everyMs: 100 },
  });
  expect(complaints).toEqual([]);
  expect(changes).toBeGreaterThan(120);
  for (const form of FORMS) {
    const read = followed.filter((one) => one.form === form && one.manner === 'live');
    expect(read.reduce((sum, { frames }) => sum + frames, 0)).toBeGreaterThan(1000);
  }
});

describe('completeness', () => {
  const seen = (...frames: (readonly [type: string, more: object])[]) => {
    const completeness = new Completeness();
    completeness.begin('a', 4);
    for (const [type, more] of frames) completeness.take({ type, vm: 'a', ...more });
    return completeness;
  };

  test('a stream without holes is complete', () => {
    const { complaints, gaps, frames } = seen(
      ['command', { seq: 5 }],
      ['event', { seq: 6 }],
      ['gap', { from: 7, to: 9 }],
      ['rewound', { seq: 10 }],
      ['through', { seq: 10 }],
      ['end', { seq: 10 }],
    );
    expect([complaints, gaps, frames]).toEqual([[], [{ vm: 'a', from: 7, to: 9 }], 3]);
  });

  test.each([
    ['a hole', ['event', { seq: 6 }]],
    ['the same twice', ['event', { seq: 4 }]],
    ['a gap that begins late', ['gap', { from: 6, to: 9 }]],
    ['a gap that ends before it begins', ['gap', { from: 5, to: 4 }]],
    ['a word of what did not come', ['through', { seq: 5 }]],
    ['an end before the end', ['end', { seq: 5 }]],
  ] as const)('%s is complained of', (_what, frame) => {
    expect(seen(frame).complaints).toHaveLength(1);
  });
});

describe('flatness', () => {
  const MIB = 2 ** 20;
  const samples = (bytesAt: (second: number) => number): Sample[] =>
    Array.from({ length: 100 }, (_, seconds) => ({ seconds, bytes: bytesAt(seconds) }));

  test('what grows at first and then no more is flat', () => {
    const trend = trendOf(
      samples((second) => Math.min(second, 50) * 10 * MIB),
      100,
    );
    expect(trend).toEqual({ samples: 50, meanBytes: 500 * MIB, riseBytes: 0, isFlat: true });
  });

  test('what goes on growing is not', () => {
    const trend = trendOf(
      samples((second) => second * MIB),
      100,
    );
    expect(trend?.riseBytes).toBeCloseTo(50 * MIB, 0);
    expect(trend?.isFlat).toBe(false);
  });

  test('too little says nothing', () => {
    expect(trendOf(samples(() => MIB).slice(0, 54), 100)).toBeNull();
  });

  test('a thread for shards may vary by 128 MiB, and no more', () => {
    const rising = (perSecond: number) => samples((second) => 100 * MIB + second * perSecond * MIB);
    const flatAt = (perSecond: number, threads: number) =>
      trendOf(rising(perSecond), 100, threads)?.isFlat;
    expect([flatAt(0.3, 0), flatAt(0.4, 0)]).toEqual([true, false]);
    expect([flatAt(2.8, 1), flatAt(3, 1), flatAt(5.4, 2), flatAt(5.7, 2)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  test('a thread that comes and goes is no growth', () => {
    const all = samples((second) => 100 * MIB + second).map((sample) =>
      sample.seconds % 3 === 0
        ? { ...sample, bytes: sample.bytes + 60 * MIB, threads: 12 }
        : { ...sample, threads: 11 },
    );
    const usual = ofUsualThreads(all);
    expect(usual).toEqual(all.filter(({ threads }) => threads === 11));
    expect(ofUsualThreads([])).toEqual([]);
  });

  test('the heap after a full collection is read from what Node prints', () => {
    const line = '[7:0x1]  12 ms: Mark-Compact (reduce) 4.5 (6.2) -> 3.5 (6.0) MB, 5.01 / 0.00 ms';
    expect(heapAfterCollection(line)).toEqual({ isolate: '0x1', bytes: 3.5 * MIB });
    expect(
      heapAfterCollection('[7:0x1] 9 ms: Scavenge 4.1 (6.2) -> 3.8 (6.2) MB, 1 ms'),
    ).toBeNull();
  });
});
