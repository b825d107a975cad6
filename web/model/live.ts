import { delayMsOf } from '../api/backoff.js';
import type { RequestFailed } from '../api/client.js';
import type { Timeline, Wanted } from '../api/timeline.js';
import type { Lag } from '../shell/lag.js';
import type { Source } from './source.js';

/** Milliseconds between two looks at least: an eye sees no more, and a server has other readers. */
const LOOK_EVERY_MS = 250;

/** Milliseconds between two looks while nobody sees a change. */
const UNSEEN_EVERY_MS = 1000;

/** Above every `seq`, and in as many digits as a server takes. */
const SEQ_MAX = 10 ** 14;

/** A window of one event, the newest: it costs next to nothing. */
const HEAD_ALONE: Wanted = {
  from: SEQ_MAX,
  to: SEQ_MAX,
  buckets: 1,
};

/** A stretch of events by time, to tell where the newest will be. */
interface Pace {
  readonly head: number;
  readonly atMs: number;
  readonly perMs: number;
}

/** The wish of a reader, and where the answer goes. */
export interface Wish {
  /**
   * @param expectedHead The `seq` where the newest is expected.
   * @returns null if what is there will do.
   */
  wanted(expectedHead: number): Wanted | null;
  /** Whether the picture stands still. */
  isFrozen(): boolean;
  show(timeline: Timeline): void;
  /** Called while the picture stands still, with the newest `seq`. */
  frozenAt(head: number): void;
  lag(lag: Lag): void;
}

/**
 * Looks at a source again and again, on a budget, however many events there are.
 *
 * @returns A function that ends it, and one that looks at once.
 */
export function lookAgain(source: Source, wish: Wish): { end(): void; now(): void } {
  const over = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pace: Pace | null = null;
  let failures = 0;
  let lostAtMs: number | null = null;
  let isLooking = false;
  let isAsked = false;

  const ask = async (wanted: Wanted): Promise<Timeline> => {
    const began = performance.now();
    const timeline = await source.timeline(wanted, over.signal);
    const ended = performance.now();
    const events = pace === null ? 0 : Math.max(0, timeline.head - pace.head);
    const lateMs = events === 0 ? 0 : ended - (pace?.atMs ?? ended);
    pace = paceOf(pace, timeline.head, (began + ended) / 2);
    failures = 0;
    lostAtMs = null;
    if (wish.isFrozen()) wish.frozenAt(timeline.head);
    else wish.lag(source.isStill ? { kind: 'none' } : { kind: 'live', events, ms: lateMs });
    return timeline;
  };
  /** @returns Milliseconds to rest. */
  const look = async (): Promise<number> => {
    const began = performance.now();
    const before = pace?.head;
    let wanted = wish.isFrozen() ? null : wish.wanted(expectedOf(pace, began));
    const isOld = wanted === null && !source.isStill;
    if (isOld && (await ask(HEAD_ALONE)).head !== before && !wish.isFrozen()) {
      wanted = wish.wanted(expectedOf(pace, performance.now()));
    }
    if (wanted !== null) wish.show(await ask(wanted));
    const isSeen = !document.hidden && !wish.isFrozen();
    return Math.max(isSeen ? LOOK_EVERY_MS : UNSEEN_EVERY_MS, performance.now() - began);
  };
  const failed = ({ status, message }: RequestFailed): number | null => {
    if (status === 404 || status === 401 || status === 403) {
      wish.lag({ kind: 'gone', reason: message });
      return null;
    }
    lostAtMs ??= performance.now();
    wish.lag({ kind: 'retrying', sinceMs: performance.now() - lostAtMs });
    failures += 1;
    return delayMsOf(failures - 1, Math.random());
  };
  const turn = async () => {
    if (isLooking) {
      isAsked = true;
      return;
    }
    clearTimeout(timer);
    isLooking = true;
    isAsked = false;
    const restMs = await look().catch(failed);
    isLooking = false;
    if (restMs === null || over.signal.aborted) return;
    timer = setTimeout(() => void turn(), isAsked ? 0 : restMs);
  };
  void turn();
  return {
    end() {
      clearTimeout(timer);
      over.abort();
    },
    now: () => void turn(),
  };
}

function expectedOf(pace: Pace | null, nowMs: number): number {
  return pace === null ? 0 : Math.round(pace.head + pace.perMs * (nowMs - pace.atMs));
}

function paceOf(before: Pace | null, head: number, atMs: number): Pace {
  const passed = before === null ? 0 : atMs - before.atMs;
  const perMs = before === null || passed <= 0 ? 0 : Math.max(0, head - before.head) / passed;
  return { head, atMs, perMs };
}
