import type { HistoryFrame, Timeline, Wanted } from '../api/timeline.js';

/** Is told what becomes of a history. */
export interface Follower {
  /** @param head The newest `seq`. */
  told(head: number): void;
  /** @param sinceMs Milliseconds that nothing could be told. */
  lost(sinceMs: number): void;
  /** Called last, if there is nothing to wait for. */
  gone(reason: string): void;
}

/**
 * A history that lanes are drawn from: that of a VM of the server, or of a run of the model in the
 * page. Single moments of it are read by `Moments`.
 */
export interface Source {
  /**
   * Tells a follower how far the history is, again and again, until the function that it returns is
   * called; null if nothing happens to it by itself: then nobody need look again, and nothing lags.
   */
  readonly follow: ((follower: Follower) => () => void) | null;
  timeline(wanted: Wanted, signal: AbortSignal): Promise<Timeline>;
  /** Records behind `after`, in order. @param limit Records at most. */
  frames(after: number, limit: number, signal: AbortSignal): Promise<readonly HistoryFrame[]>;
}
