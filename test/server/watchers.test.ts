import { expect, test } from 'vitest';
import { HandSink, handTurned, upTo } from './hand-turned.js';

/** One frame may pass a bound. */
const FRAME_BYTES = 1024;

test('readers with the same filter are given the same bytes, whenever they came', async () => {
  const { create, switches, settle, follow } = handTurned();
  const entry = await create();
  const early = [follow(entry), follow(entry)];
  settle();
  switches(entry, 50);
  const late = follow(entry, { after: entry.ring.head });
  settle();
  switches(entry, 200);
  settle();
  const [first, second] = early.map(({ taken }) => taken.slice(1));
  expect(first?.length).toBeGreaterThan(0);
  expect(second?.every((bytes, i) => bytes === first?.[i])).toBe(true);
  const shared = new Set(first?.map(({ buffer }) => buffer));
  expect(late.taken.slice(1).every(({ buffer }) => shared.has(buffer))).toBe(true);
  expect(early[0]?.told).toEqual(upTo(entry.ring.head));
  expect(late.frames.slice(1)).toEqual(early[0]?.frames.slice(-late.frames.length + 1));
});

test('a record is put into text once for readers with different filters', async () => {
  const { create, switches, settle, follow } = handTurned();
  const entry = await create();
  const filters = [{}, { vcpu: [0] }, { kind: ['command'] }, { severity: 'info' }];
  const readers = filters.map((query) => follow(entry, query));
  settle();
  let texts = 0;
  switches(entry, 40);
  const events = upTo(entry.ring.head).flatMap((seq) => {
    const record = entry.ring.at(seq);
    return record?.type === 'event' ? [record] : [];
  });
  // No filter looks at the cause; the text of a frame has it.
  for (const event of events) {
    const { causedBy } = event;
    const get = () => {
      texts += 1;
      return causedBy;
    };
    Object.defineProperty(event, 'causedBy', { enumerable: true, get });
  }
  settle();
  expect(readers[0]?.told).toEqual(upTo(entry.ring.head));
  expect(readers[1]?.frames.slice(1)).toEqual(readers[0]?.frames.slice(1));
  expect([events.length > 0, texts]).toEqual([true, events.length]);
});

test('a command does not wait for readers', async () => {
  const { create, switches, settle, follow } = handTurned();
  const entry = await create();
  const readers = Array.from({ length: 100 }, () => follow(entry));
  settle();
  switches(entry, 1000);
  expect(readers.every(({ taken }) => taken.length === 1)).toBe(true);
  settle();
  for (const { told } of readers) expect(told).toEqual(upTo(entry.ring.head));
});

test('a turn ends after its time, and requests come in between', async () => {
  const { create, switches, settle, turn, follow } = handTurned();
  const entry = await create();
  const readers = Array.from({ length: 40 }, () => follow(entry));
  settle();
  switches(entry, 10);
  const served = () => readers.filter(({ taken }) => taken.length > 1).length;
  // A look at the clock before the first piece, and one after each; a turn has five milliseconds.
  expect([turn(), served()]).toEqual([true, 5]);
  expect([turn(), served()]).toEqual([true, 10]);
  switches(entry, 1);
  settle();
  for (const { told } of readers) expect(told).toEqual(upTo(entry.ring.head));
});

test('a VM with many readers holds up no other', async () => {
  const { create, switches, settle, turn, follow } = handTurned();
  const [busy, quiet] = [await create(), await create()];
  for (let i = 0; i < 300; i += 1) follow(busy);
  const reader = follow(quiet);
  settle();
  switches(busy, 1000);
  switches(quiet, 1);
  turn();
  expect(reader.told).toEqual(upTo(quiet.ring.head));
});

test('a reader takes a piece, and all others have theirs before its next', async () => {
  const { create, switches, settle, turn, follow } = handTurned({ historyRecordsPerVm: 65_536 });
  const entry = await create();
  const readers = Array.from({ length: 4 }, () => follow(entry));
  settle();
  switches(entry, 5000);
  const pieces = () =>
    readers.map(({ taken }) => taken.slice(1).reduce((sum, { length }) => sum + length, 0));
  for (let turns = 0; turns < 12; turns += 1) {
    turn();
    const sizes = pieces();
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(256 * 1024 + FRAME_BYTES);
  }
  settle();
  expect(new Set(pieces()).size).toBe(1);
});

test('a reader that takes nothing gets a gap for what is gone, and others get all', async () => {
  const limits = { historyRecordsPerVm: 512, streamBufferBytes: 2048 };
  const { create, switches, settle, follow } = handTurned(limits);
  const entry = await create();
  const [slow, quick] = [follow(entry, {}, new HandSink(2048)), follow(entry)];
  settle();
  slow.isResting = true;
  for (let i = 0; i < 40; i += 1) {
    switches(entry, 25);
    settle();
  }
  const { head, oldest } = entry.ring;
  expect(quick.told).toEqual(upTo(head));
  const before = slow.told.length;
  expect(slow.told).toEqual(upTo(before));
  expect(before).toBeGreaterThan(0);
  slow.resume();
  settle();
  expect(slow.told).toEqual([
    ...upTo(before),
    `gap ${before + 1}-${oldest - 1}`,
    ...upTo(head, oldest),
  ]);
});

test('a reader that waits for its turn loses nothing, however far the history moves on', async () => {
  const { create, switches, settle, follow } = handTurned({ historyRecordsPerVm: 256 });
  const entry = await create();
  const readers = [follow(entry), follow(entry, { kind: ['command'] })];
  settle();
  switches(entry, 3000);
  expect(entry.ring.oldest).toBeGreaterThan(1000);
  settle();
  expect(readers[0]?.told).toEqual(upTo(entry.ring.head));
  const commands = readers[0]?.frames.filter(({ type }) => type === 'command');
  expect(readers[1]?.frames.slice(1)).toEqual(commands);
});

test('a reader is told of all that happened to its VM before it was deleted', async () => {
  const { fleet, create, switches, settle, follow } = handTurned({ historyRecordsPerVm: 256 });
  const entry = await create();
  const reader = follow(entry);
  settle();
  switches(entry, 400);
  fleet.delete(entry.id);
  const { head } = entry.ring;
  settle();
  expect(reader.told).toEqual([...upTo(head), head]);
  expect(reader.frames.at(-1)).toEqual({
    type: 'end',
    vm: entry.id,
    seq: head,
    reason: 'vm-deleted',
  });
  expect(reader.isOpen).toBe(false);
});

test('what is kept for readers is bounded, and given back when they leave', async () => {
  const bound = 64 * 1024;
  const limits = { streamFrameBytes: bound, historyRecordsPerVm: 512 };
  const { streams, create, switches, settle, turn, follow } = handTurned(limits);
  const entry = await create();
  const readers = Array.from({ length: 20 }, () => follow(entry));
  settle();
  for (let i = 0; i < 60; i += 1) {
    switches(entry, 100);
    turn();
    expect(streams.frameBytes).toBeLessThanOrEqual(bound);
  }
  expect(streams.frameBytes).toBeGreaterThan(0);
  for (const reader of readers) reader.terminate();
  expect([streams.frameBytes, streams.count]).toEqual([0, 0]);
});

test('for readers without room no more is kept than for one', async () => {
  const bound = 16 * 1024;
  const limits = { streamBufferBytes: bound, historyRecordsPerVm: 512 };
  const { streams, create, switches, settle, follow } = handTurned(limits);
  const entry = await create();
  const readers = Array.from({ length: 20 }, () => follow(entry, {}, new HandSink(bound)));
  settle();
  for (const reader of readers) reader.isResting = true;
  for (let i = 0; i < 60; i += 1) {
    switches(entry, 100);
    settle();
  }
  // The chunk that is being written, and what the bound allows.
  expect(streams.frameBytes).toBeLessThanOrEqual(2 * 256 * 192 + bound);
  expect(new Set(readers.map(({ told }) => told.length)).size).toBe(1);
});
