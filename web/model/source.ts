import type { HistoryFrame, Timeline, Wanted } from '../api/timeline.js';

/**
 * A history that lanes are drawn from: that of a VM of the server, or of a run of the model in the
 * page. Single moments of it are read by `Moments`.
 */
export interface Source {
  /** Whether nothing happens to it by itself: then nobody need look again, and nothing lags. */
  readonly isStill: boolean;
  timeline(wanted: Wanted, signal: AbortSignal): Promise<Timeline>;
  /** Records behind `after`, in order. @param limit Records at most. */
  frames(after: number, limit: number, signal: AbortSignal): Promise<readonly HistoryFrame[]>;
}
