/** A window over `seq`: from `from` on, up to and without `to`. Both may be fractions. */
export interface Viewport {
  readonly from: number;
  readonly to: number;
}

/** The part of a history that there is: both ends are included. */
export interface Extent {
  readonly oldest: number;
  readonly head: number;
}

/** A window shows as many `seq` at least, so that one of them is never wider than the picture. */
export const SPAN_MIN = 8;

/** The whole of a history. */
export function wholeOf({ oldest, head }: Extent): Viewport {
  return { from: oldest, to: Math.max(head + 1, oldest + SPAN_MIN) };
}

/** Whether a window shows all of a history. */
export function isWhole({ from, to }: Viewport, extent: Extent): boolean {
  const whole = wholeOf(extent);
  return from <= whole.from && to >= whole.to;
}

export function spanOf({ from, to }: Viewport): number {
  return to - from;
}

/**
 * Nearer or farther.
 *
 * @param factor Below 1 is nearer.
 * @param at The `seq` that keeps its place.
 */
export function zoomed(view: Viewport, factor: number, at: number, extent: Extent): Viewport {
  const whole = spanOf(wholeOf(extent));
  const span = Math.min(Math.max(spanOf(view) * factor, SPAN_MIN), whole);
  const share = (at - view.from) / spanOf(view);
  return within({ from: at - share * span, to: at + (1 - share) * span }, extent);
}

/** @param share Of the window that it moves by; above 0 is later. */
export function moved(view: Viewport, share: number, extent: Extent): Viewport {
  const by = spanOf(view) * share;
  return within({ from: view.from + by, to: view.to + by }, extent);
}

/** The newest events. @param span Of them at most. */
export function atHead(span: number, extent: Extent): Viewport {
  const { from, to } = wholeOf(extent);
  return { from: Math.max(from, to - Math.max(span, SPAN_MIN)), to };
}

/** Moves the window as little as brings a `seq` into it, with some room around it. */
export function showing(view: Viewport, seq: number, extent: Extent): Viewport {
  const room = spanOf(view) * 0.1;
  if (seq - room < view.from && view.from > extent.oldest) {
    return within({ from: seq - room, to: seq - room + spanOf(view) }, extent);
  }
  if (seq + 1 + room > view.to && view.to < extent.head + 1) {
    return within({ from: seq + 1 + room - spanOf(view), to: seq + 1 + room }, extent);
  }
  return view;
}

/** Moves a window into the history that there is; one that is wider shows all of it. */
export function within(view: Viewport, extent: Extent): Viewport {
  const { from, to } = wholeOf(extent);
  const span = Math.min(spanOf(view), to - from);
  const begin = Math.min(Math.max(view.from, from), to - span);
  return { from: begin, to: begin + span };
}

/** Steps between the numbers of an axis: 1, 2 or 5 and zeros. @param countMax Numbers at most. */
export function axisStep(span: number, countMax: number): number {
  const least = Math.max(1, span / Math.max(1, countMax));
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= least * 0.999_999) ?? 10;
  return Math.max(1, Math.round(step * power));
}
