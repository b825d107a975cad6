import { expect, test } from 'vitest';
import { framed, LINES, serverSentEvents, WEB_SOCKET } from '../../src/server/streams/framing.js';
import { startHeartbeat } from '../../src/server/streams/heartbeat.js';

/** @see RFC 6455, "Base Framing Protocol": a final text frame, not masked, and its length. */
test.each([
  [0, '8100'],
  [1, '8101'],
  [125, '817d'],
  [126, '817e007e'],
  [65_535, '817effff'],
  [65_536, '817f0000000000010000'],
  [70_000, '817f0000000000011170'],
])('a WebSocket frame of %i bytes begins with %s', (length, head) => {
  const text = Buffer.alloc(length, 'x');
  const bytes = framed(WEB_SOCKET, String(text), 7);
  expect(bytes.equals(Buffer.concat([Buffer.from(head, 'hex'), text]))).toBe(true);
});

test('a WebSocket frame counts bytes, not characters', () => {
  const text = '{"name":"ünï — 漢字 😀"}';
  const payload = Buffer.from(text);
  expect(payload.length).toBeGreaterThan(text.length);
  expect(framed(WEB_SOCKET, text, null)).toEqual(
    Buffer.concat([Buffer.from([0x81, payload.length]), payload]),
  );
});

test('a line ends', () => {
  expect(framed(LINES, '{"a":"ü"}', 3).toString()).toBe('{"a":"ü"}\n');
});

test('a server-sent event has an id if its place is one to resume from', () => {
  const events = serverSentEvents('7f');
  expect(framed(events, '{}', 3).toString()).toBe('id: 7f:3\ndata: {}\n\n');
  expect(framed(events, '{}', null).toString()).toBe('data: {}\n\n');
  expect(framed(events, '{}', Number.MAX_SAFE_INTEGER).toString()).toBe(
    'id: 7f:9007199254740991\ndata: {}\n\n',
  );
});

test('a heartbeat judges by what has arrived, even if it came to its beat late', () => {
  const later: (() => void)[] = [];
  let beat = () => {};
  let isStopped = false;
  let hasPong = false;
  const judged: boolean[] = [];
  const every = (_ms: number, call: () => void) => {
    beat = call;
    return () => {
      isStopped = true;
    };
  };
  const stop = startHeartbeat(1000, () => void judged.push(hasPong), {
    every,
    afterReading: (judge) => void later.push(judge),
  });
  // The timer is overdue, and the pong still waits in its socket.
  beat();
  expect(judged).toEqual([]);
  hasPong = true;
  later.shift()?.();
  expect(judged).toEqual([true]);
  beat();
  stop();
  later.shift()?.();
  expect([isStopped, judged]).toEqual([true, [true]]);
});
