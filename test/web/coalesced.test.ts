import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { coalesced } from '../../web/model/coalesced.js';

const EVERY_MS = 300;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('many calls lead to one run at once, and to one more when its time is over', async () => {
  let runs = 0;
  const call = coalesced(EVERY_MS, () => {
    runs += 1;
  });
  for (let i = 0; i < 40; i += 1) call();
  expect(runs).toBe(1);
  await vi.advanceTimersByTimeAsync(EVERY_MS - 1);
  expect(runs).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(runs).toBe(2);
  await vi.advanceTimersByTimeAsync(10 * EVERY_MS);
  expect(runs).toBe(2);
});

test('calls all the time lead to a run every 300 ms, and to one behind the last of them', async () => {
  let runs = 0;
  const call = coalesced(EVERY_MS, () => {
    runs += 1;
  });
  for (let ms = 0; ms < 1000; ms += 25) {
    call();
    await vi.advanceTimersByTimeAsync(25);
  }
  // At 0, 300, 600 and 900 ms.
  expect(runs).toBe(4);
  await vi.advanceTimersByTimeAsync(EVERY_MS);
  expect(runs).toBe(5);
});

test('no run begins while another one takes its time', async () => {
  let running = 0;
  let runs = 0;
  const call = coalesced(EVERY_MS, async () => {
    running += 1;
    runs += 1;
    expect(running).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 5 * EVERY_MS));
    running -= 1;
  });
  for (let i = 0; i < 20; i += 1) {
    call();
    await vi.advanceTimersByTimeAsync(EVERY_MS / 2);
  }
  await vi.advanceTimersByTimeAsync(20 * EVERY_MS);
  // 20 calls over 3000 ms, each run of 1500 ms: at 0, 1500 and 3000 ms.
  expect([runs, running]).toEqual([3, 0]);
});
