import { expect, test } from 'vitest';
import {
  type CommandRecord,
  EventRing,
  HistoryBudget,
  type StateScale,
} from '../../src/journal/index.js';

/** Of states that share nothing. */
const SCALE: StateScale<Uint8Array> = { bytesOf: ({ length }) => length, bytesBeyond: () => 0 };

const recordOf = (seq: number): CommandRecord => ({
  type: 'command',
  vm: 'vm-1',
  seq,
  vcpu: 0,
  command: { kind: 'enter', vcpu: 0 },
  outcome: { kind: 'ok' },
});

function append(ring: EventRing<Uint8Array>, count: number): void {
  for (let i = 0; i < count; i += 1) ring.append(recordOf(ring.head + 1));
}

/** What can be read: the lowest and the highest sequence number, and how many. */
function kept(ring: EventRing<Uint8Array>): [number, number, number] {
  let count = 0;
  for (let seq = ring.oldest; seq <= ring.head; seq += 1) {
    expect(ring.at(seq)?.seq).toBe(seq);
    count += 1;
  }
  expect(ring.at(ring.oldest - 1)).toBe(undefined);
  expect(ring.at(ring.head + 1)).toBe(undefined);
  return [ring.oldest, ring.head, count];
}

test('a new ring is empty and begins at 1', () => {
  const ring = new EventRing(new HistoryBudget(10), 10, SCALE);
  expect(kept(ring)).toEqual([1, 0, 0]);
  append(ring, 1);
  expect(kept(ring)).toEqual([1, 1, 1]);
});

test.each([
  [512, 512, [1, 512, 512]],
  [512, 513, [257, 513, 257]],
  [512, 10_000, [9729, 10_000, 272]],
  [600, 10_000, [9473, 10_000, 528]],
])('a ring of %i, after %i records', (recordsMax, count, expected) => {
  const budget = new HistoryBudget(1_000_000);
  const ring = new EventRing(budget, recordsMax, SCALE);
  append(ring, count);
  expect(kept(ring)).toEqual(expected);
  expect(budget.records).toBe(expected[2]);
});

test('over the common bound, the chunk begun first goes, whosever it is', () => {
  const budget = new HistoryBudget(1000);
  const [quiet, busy] = [new EventRing(budget, 8192, SCALE), new EventRing(budget, 8192, SCALE)];
  append(quiet, 10);
  append(busy, 990);
  expect([kept(quiet), kept(busy), budget.records]).toEqual([[1, 10, 10], [1, 990, 990], 1000]);
  append(busy, 1);
  expect([kept(quiet), kept(busy), budget.records]).toEqual([[11, 10, 0], [1, 991, 991], 991]);
  append(busy, 10);
  expect([kept(busy), budget.records]).toEqual([[257, 1001, 745], 745]);
  append(quiet, 1);
  expect([kept(quiet), budget.records]).toEqual([[11, 11, 1], 746]);
});

test('a ring that is cleared gives its room back', () => {
  const budget = new HistoryBudget(1000);
  const [one, other] = [new EventRing(budget, 8192, SCALE), new EventRing(budget, 8192, SCALE)];
  append(one, 300);
  append(other, 300);
  append(one, 300);
  one.clear();
  expect([kept(one), kept(other), budget.records]).toEqual([[601, 600, 0], [1, 300, 300], 300]);
  append(other, 700);
  expect(budget.records).toBe(1000);
});

test('no bound is ever passed, and sequence numbers never repeat', () => {
  const budget = new HistoryBudget(2000);
  const rings = Array.from({ length: 7 }, () => new EventRing(budget, 700, SCALE));
  let state = 12_345;
  for (let i = 0; i < 50_000; i += 1) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    append(rings[state % rings.length] as EventRing<Uint8Array>, 1);
    if (budget.records > 2000) expect.unreachable();
  }
  const counts = rings.map((ring) => kept(ring)[2]);
  expect(counts.reduce((sum, count) => sum + count)).toBe(budget.records);
  expect(rings.reduce((sum, ring) => sum + ring.head, 0)).toBe(50_000);
});

test('listeners hear of records until they stop listening', () => {
  const ring = new EventRing(new HistoryBudget(10), 10, SCALE);
  const heard: string[] = [];
  const stop = ring.listen(() => heard.push('a'));
  ring.listen(() => heard.push('b'));
  ring.notify();
  stop();
  ring.notify();
  expect(heard).toEqual(['a', 'b', 'b']);
});

/** A state that is worth a checkpoint every 2048 records. */
const STATE = new Uint8Array(2048 * 128);

/** Appends records as commands do, each before it runs anchored. */
function appendAnchored(ring: EventRing<Uint8Array>, count: number): void {
  for (let i = 0; i < count; i += 1) {
    const checkpoint = { seq: ring.head, state: ring.head === 0 ? null : STATE, made: new Map() };
    if (!ring.isAnchored) ring.anchor(ring.wantsCheckpoint ? checkpoint : 'older');
    append(ring, 1);
  }
}

test.each([
  [8192, [1, 8192, 8192], [0, 1024, 3072, 5120, 7168]],
  [8193, [1025, 8193, 7169], [1024, 3072, 5120, 7168]],
  [9216, [1025, 9216, 8192], [1024, 3072, 5120, 7168]],
  [9217, [3073, 9217, 6145], [3072, 5120, 7168, 9216]],
])('after %i records, what leans on a forgotten checkpoint is forgotten', (count, left, seqs) => {
  const budget = new HistoryBudget(1_000_000);
  const ring = new EventRing(budget, 8192, SCALE);
  appendAnchored(ring, count);
  expect(kept(ring)).toEqual(left);
  const found = new Set<number | undefined>();
  for (let seq = ring.oldest - 1; seq <= ring.head; seq += 1) {
    const checkpoint = ring.past.checkpointFor(seq);
    expect(checkpoint?.seq).toBeLessThanOrEqual(seq);
    found.add(checkpoint?.seq);
  }
  expect([...found]).toEqual(seqs);
  expect(ring.past.checkpointFor(ring.oldest - 2)).toBe(null);
  const states = seqs.filter((seq) => seq > 0).length;
  expect(budget.records).toBe((left[2] as number) + states * (STATE.length / 256));
  ring.clear();
  expect(budget.records).toBe(0);
});

test('a checkpoint that is too large for the history takes nothing down with it', () => {
  const budget = new HistoryBudget(300);
  const ring = new EventRing(budget, 4096, SCALE);
  appendAnchored(ring, 600);
  expect(budget.records).toBeLessThanOrEqual(300);
  ring.clear();
  expect([ring.head, budget.records]).toEqual([600, 0]);
});

/** States that take nothing by themselves, and share parts of 256 bytes. */
const PARTS: StateScale<readonly string[]> = {
  bytesOf: () => 0,
  bytesBeyond: (state, other) => 256 * state.filter((part) => !other?.includes(part)).length,
};

test('a state counts what the next one does not share with it, and the newest is the VM', () => {
  const budget = new HistoryBudget(1000);
  const ring = new EventRing(budget, 8192, PARTS);
  const keep = (state: readonly string[] | null) => {
    const record = { snapshot: null, to: null, state } as const;
    ring.append({ type: 'rewound', made: new Map(), vm: 'vm-1', seq: ring.head + 1, ...record });
    return budget.records - ring.head;
  };
  expect(keep(['a', 'b', 'c'])).toBe(0);
  expect(keep(['a', 'b', 'd', 'e'])).toBe(1);
  expect(keep(['a', 'b', 'd', 'e'])).toBe(1);
  expect(keep(null)).toBe(5);
  expect(keep(['a'])).toBe(5);
  expect(keep([])).toBe(6);
  ring.clear();
  expect(budget.records).toBe(0);
});
