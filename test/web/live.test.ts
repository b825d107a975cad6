import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Timeline } from '../../web/api/timeline.js';
import { lookAgain } from '../../web/model/live.js';
import type { Follower, Source } from '../../web/model/source.js';

/** Milliseconds that a VM is followed. */
const FOLLOWED_MS = 7200;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  vi.stubGlobal('document', Object.assign(new EventTarget(), { hidden: false }));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const timelineOf = (head: number): Timeline => ({
  ...{ from: 0, to: head, head, oldest: 0 },
  ...{ bucket: { first: 0, size: 1, count: 1 }, vcpus: [], violations: { count: 0, first: [] } },
});

/** Follows a history that tells of news ten times a second. @param share New part of each picture. */
async function looksOf(share: number): Promise<number> {
  let head = 0;
  let looks = 0;
  let follower: Follower | null = null;
  const source: Source = {
    follow(one) {
      follower = one;
      return () => {};
    },
    async timeline() {
      looks += 1;
      return timelineOf(head);
    },
    frames: async () => [],
  };
  const { end } = lookAgain(source, {
    wanted: () => ({ from: null, to: null, buckets: 1 }),
    isFrozen: () => false,
    show: () => share,
    frozenAt() {},
    lag() {},
  });
  for (let ms = 0; ms < FOLLOWED_MS; ms += 100) {
    head += 10;
    (follower as Follower | null)?.told(head);
    await vi.advanceTimersByTimeAsync(100);
  }
  end();
  return looks;
}

test('a picture of which much is new is looked at every 180 ms', async () => {
  expect(await looksOf(0.04)).toBe(1 + FOLLOWED_MS / 180);
});

test('one that hardly changes is looked at every 400 ms', async () => {
  expect(await looksOf(0.03)).toBe(1 + FOLLOWED_MS / 400);
});
