import { delayMsOf } from '../api/backoff.js';
import type { RequestFailed } from '../api/client.js';
import type { Timeline, Wanted } from '../api/timeline.js';
import type { Lag } from '../shell/lag.js';
import type { Source } from './source.js';

/** Milliseconds between two looks at least: an eye sees no more, and a server has other readers. */
const LOOK_EVERY_MS = 180;

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

/** The picture that is shown: the newest `seq` in it, and when the server was there. */
interface Shown {
  readonly head: number;
  readonly atMs: number;
}

/** The wish of a reader, and where the answer goes. */
export interface Wish {
  /**
   * @param head The newest `seq` that is known of.
   * @returns null if what is there will do.
   */
  wanted(head: number): Wanted | null;
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
  /** The newest `seq` that is known of. */
  let head = 0;
  let shown: Shown | null = null;
  let failures = 0;
  let lostAtMs: number | null = null;
  let isLooking = false;
  let isAsked = false;

  const told = (late: { readonly events: number; readonly ms: number }) => {
    wish.lag(source.isStill ? { kind: 'none' } : { kind: 'live', ...late });
  };
  const ask = async (wanted: Wanted): Promise<Timeline> => {
    const timeline = await source.timeline(wanted, over.signal);
    head = timeline.head;
    failures = 0;
    lostAtMs = null;
    return timeline;
  };
  /** Shows a picture, and tells how late the one before it was at its end. */
  const show = async (wanted: Wanted) => {
    const began = performance.now();
    const timeline = await ask(wanted);
    const ended = performance.now();
    const events = shown === null ? 0 : Math.max(0, head - shown.head);
    wish.show(timeline);
    told({ events, ms: events === 0 ? 0 : ended - (shown?.atMs ?? ended) });
    shown = { head, atMs: (began + ended) / 2 };
  };
  /** @returns Milliseconds to rest. */
  const look = async (): Promise<number> => {
    const began = performance.now();
    let wanted = wish.isFrozen() ? null : wish.wanted(head);
    if (wanted === null && !source.isStill) {
      await ask(HEAD_ALONE);
      wanted = wish.isFrozen() ? null : wish.wanted(head);
    }
    if (wanted !== null) await show(wanted);
    else if (wish.isFrozen()) wish.frozenAt(head);
    else told({ events: 0, ms: 0 });
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
