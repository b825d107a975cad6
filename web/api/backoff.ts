const FIRST_DELAY_MS = 250;
const DELAY_MS_MAX = 5000;

/**
 * Milliseconds to wait before the next attempt.
 *
 * The time doubles up to a bound. Its upper half is random, so that the pages that lost a restarted
 * server do not all come back at once.
 *
 * @param attempt Attempts that failed so far, from 0.
 * @param chance A number from 0 to 1.
 */
export function delayMsOf(attempt: number, chance: number): number {
  const whole = Math.min(DELAY_MS_MAX, FIRST_DELAY_MS * 2 ** Math.min(attempt, 16));
  return Math.round(whole * (0.5 + chance / 2));
}
