import type { LivedClock } from '../fleet/lived-clock.js';

/** Key in the room META of the milliseconds that servers have had the journal. */
export const LIVED = 'lived';

/**
 * Goes on from the time of an earlier process.
 *
 * @param livedMs The latest time that it left, in milliseconds.
 * @param keep Keeps the time beside the logs.
 */
export function clockFrom(livedMs: number, keep: (livedMs: number) => void): LivedClock {
  const begun = performance.now();
  const now = () => livedMs + Math.floor(performance.now() - begun);
  return { now, keep: () => keep(now()) };
}
