import type { Timeline, Wanted } from '../api/timeline.js';
import { spanOf, type Viewport } from './viewport.js';

/** A wish of a reader, and what has been read. */
export interface Wants {
  readonly have: Timeline | null;
  readonly view: Viewport;
  readonly isFollowing: boolean;
  /** The `seq` where the newest is expected. */
  readonly head: number;
  readonly width: number;
}

/** Pixels of one bucket. */
const BUCKET_PIXELS = 2;

/** Buckets of one answer at most. */
const BUCKETS_MAX = 1024;

/** Part of the window that is read beside it, so that a small move finds something. */
const MARGIN = 0.25;

/** The part to read for a window; null if what there is will do. */
export function wantedFor({ have, view, isFollowing, head, width }: Wants): Wanted | null {
  const span = spanOf(view);
  const buckets = Math.min(BUCKETS_MAX, Math.ceil((width / BUCKET_PIXELS) * (1 + 2 * MARGIN)));
  if (have === null) return { from: null, to: null, buckets };
  if (isFollowing && have.to < head) {
    return { from: Math.max(0, Math.floor(head + 1 - span * (1 + MARGIN))), to: null, buckets };
  }
  if (isEnough(have, view, width)) return null;
  const margin = span * MARGIN;
  return {
    from: Math.max(0, Math.floor(view.from - margin)),
    to: Math.max(1, Math.ceil(view.to + margin)),
    buckets,
  };
}

/** Whether a window has been read, in points that are fine enough. */
function isEnough(have: Timeline, view: Viewport, width: number): boolean {
  const from = Math.max(have.oldest, Math.floor(view.from));
  const to = Math.min(have.head, Math.ceil(view.to) - 1);
  const isFine =
    have.bucket.size <= 1 || have.bucket.size * (width / spanOf(view)) <= 2 * BUCKET_PIXELS;
  return have.from <= from && have.to >= to && isFine;
}
