import type { HistoryFrame, Timeline, Wanted } from '../api/timeline.js';

/**
 * A history that lanes are drawn from: that of a VM of the server, or of a run of the model in the
 * page. Single moments of it are read by `Moments`.
 */
export interface Source {
  timeline(wanted: Wanted, signal: AbortSignal): Promise<Timeline>;
  /** Records behind `after`, in order. @param limit Records at most. */
  frames(after: number, limit: number, signal: AbortSignal): Promise<readonly HistoryFrame[]>;
}
