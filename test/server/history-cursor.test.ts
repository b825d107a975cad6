import { describe, expect, test } from 'vitest';
import type { EventRing } from '../../src/journal/index.js';
import type { FrameLog } from '../../src/server/streams/frame-log.js';
import type { FrameSink } from '../../src/server/streams/frame-sink.js';
import { LINES } from '../../src/server/streams/framing.js';
import { HistoryCursor } from '../../src/server/streams/history-cursor.js';

const FRAME = Buffer.from('{"seq":5}\n');

/** A reader that has three of five records, and from whose log a piece was dropped. */
function readerOf(nextKept: number) {
  const written: string[] = [];
  let isDropped = true;
  const log = {
    enter: () => {},
    after() {
      const part = isDropped ? null : { seq: 5, shown: 5, bytes: FRAME };
      isDropped = false;
      return part;
    },
    nextKept: () => nextKept,
  } as unknown as FrameLog;
  const sink = {
    framing: LINES,
    room: () => 4096,
    write: (bytes: Buffer) => written.push(String(bytes)),
  } as unknown as FrameSink;
  const ring = { readable: 5 } as EventRing;
  const cursor = new HistoryCursor({
    ...{ vm: 'vm-1', ring, log, after: 3, sink, isPlace: true, state: null },
  });
  return { cursor, written };
}

describe('a reader whose next record the log had dropped', () => {
  test('is told of no gap where the record is kept after all', () => {
    const { cursor, written } = readerOf(4);
    cursor.advance(4096);
    expect(written).toEqual(['{"seq":5}\n']);
  });

  test('is told of the records that are not kept', () => {
    const { cursor, written } = readerOf(5);
    cursor.advance(4096);
    expect(written.map((text) => text.trim())).toEqual([
      '{"type":"gap","vm":"vm-1","from":4,"to":4}',
      '{"seq":5}',
    ]);
  });
});
