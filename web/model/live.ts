import { delayMsOf } from '../api/backoff.js';
import { isRefusal, type RequestFailed } from '../api/client.js';
import type { Timeline, Wanted } from '../api/timeline.js';
import type { Lag } from '../shell/lag.js';
import { paced, type Rest } from './paced.js';
import type { Source } from './source.js';
import { type Lateness, Undrawn } from './undrawn.js';

/** Milliseconds between two looks at least: an eye sees no more, and a server has other readers. */
const LOOK_EVERY_MS = 180;

/** The same while a look changes so little of the picture that an eye hardly sees it move. */
const CALM_LOOK_EVERY_MS = 400;
const CALM_SHARE = 0.04;

/** A picture that lacks nothing. */
const UP_TO_DATE: Lateness = { events: 0, ms: 0 };

/** The wish of a reader, and where the answer goes. */
export interface Wish {
  /**
   * @param head The newest `seq` that is known of.
   * @returns null if what is there will do.
   */
  wanted(head: number): Wanted | null;
  /** Whether the picture stands still. */
  isFrozen(): boolean;
  /** @returns The share of the picture that is new. */
  show(timeline: Timeline): number;
  /** Called while the picture stands still, with the newest `seq`. */
  frozenAt(head: number): void;
  lag(lag: Lag): void;
}

/**
 * Looks at a source when it tells of news, on a budget, however many events there are.
 *
 * @returns A function that ends it, and one that looks at once.
 */
export function lookAgain(source: Source, wish: Wish): { end(): void; now(): void } {
  const over = new AbortController();
  const undrawn = new Undrawn();
  let isConnected = false;
  let failures = 0;
  let lostAtMs = 0;

  const tell = (late: Lateness) => {
    if (source.follow === null) wish.lag({ kind: 'none' });
    else if (!isConnected) return;
    else if (wish.isFrozen()) wish.frozenAt(undrawn.head);
    else wish.lag({ kind: 'live', ...late });
  };
  /**
   * Shows a picture, and tells how late the one before it was at its end.
   *
   * @returns The time until the next one.
   */
  const show = async (wanted: Wanted) => {
    const timeline = await source.timeline(wanted, over.signal);
    const late = undrawn.late(performance.now());
    const share = wish.show(timeline);
    undrawn.draw(timeline.head);
    tell(late);
    return share < CALM_SHARE ? CALM_LOOK_EVERY_MS : LOOK_EVERY_MS;
  };
  const look = async (): Promise<Rest> => {
    const began = performance.now();
    const wanted = wish.isFrozen() ? null : wish.wanted(undrawn.head);
    let everyMs = LOOK_EVERY_MS;
    if (wanted !== null) everyMs = await show(wanted);
    else {
      // A window of the past lacks nothing of what is new.
      if (!wish.isFrozen()) undrawn.draw(undrawn.head);
      tell(UP_TO_DATE);
    }
    failures = 0;
    return { restMs: Math.max(everyMs, performance.now() - began), again: false };
  };
  const gone = (reason: string) => {
    end();
    wish.lag({ kind: 'gone', reason });
  };
  const failed = (error: RequestFailed): Rest => {
    if (over.signal.aborted) return { restMs: 0, again: false };
    if (isRefusal(error)) {
      gone(error.message);
      return { restMs: 0, again: false };
    }
    if (failures === 0) lostAtMs = performance.now();
    wish.lag({ kind: 'retrying', sinceMs: performance.now() - lostAtMs });
    failures += 1;
    return { restMs: delayMsOf(failures - 1, Math.random()), again: true };
  };
  const pace = paced(
    () => look().catch(failed),
    () => tell(UP_TO_DATE),
  );
  const follower = {
    told(head: number) {
      isConnected = true;
      const now = performance.now();
      undrawn.tell(head, now);
      // An answer that lets wait for itself is late meanwhile.
      if (pace.isBusy && failures === 0) tell(undrawn.late(now));
      pace.ask();
    },
    lost(sinceMs: number) {
      isConnected = false;
      wish.lag({ kind: 'retrying', sinceMs });
    },
    gone,
  };
  let stopFollowing = () => {};
  const end = () => {
    over.abort();
    stopFollowing();
    pace.end();
  };
  pace.now();
  if (source.follow !== null) {
    wish.lag({ kind: 'connecting' });
    stopFollowing = source.follow(follower);
  }
  return { end, now: pace.now };
}
