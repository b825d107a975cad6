const FIRST_DELAY_MS = 250;
const DELAY_MS_MAX = 5000;

/**
 * How long to wait before the next attempt.
 *
 * It doubles up to a bound. The upper half is left to chance, so that the pages that one restart
 * cut off do not all come back at once.
 *
 * @param attempt Attempts that failed so far, from 0.
 * @param chance A number from 0 to 1.
 */
export function delayMsOf(attempt: number, chance: number): number {
  const whole = Math.min(DELAY_MS_MAX, FIRST_DELAY_MS * 2 ** Math.min(attempt, 16));
  return Math.round(whole * (0.5 + chance / 2));
}
