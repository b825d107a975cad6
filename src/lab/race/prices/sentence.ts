import type { Comparison, Turn } from './compare.js';
import type { Interval } from './cost.js';

/** Turning points that a sentence names. */
const TURNS_SHOWN = 3;

/**
 * Says for which prices a lane is cheaper or dearer than its baseline.
 *
 * @param exit Cycles of a plain exit, which others are told in.
 */
export function standingText(comparison: Comparison, exit: number): string {
  const { standing, unless, saving } = comparison;
  switch (standing) {
    case 'same':
      return 'costs the same at any price';
    case 'cheaper':
    case 'dearer':
      return `${standing} for every price in its range, by ${percentText(saving)}`;
    case 'cheaper-unless':
    case 'dearer-unless': {
      const word = standing === 'cheaper-unless' ? 'cheaper' : 'dearer';
      const { price, side, cycles } = unless as NonNullable<typeof unless>;
      return `${word} unless ${price} is ${side} ${cyclesText(cycles, exit)}, by ${percentText(saving)}`;
    }
    case 'undecided':
      return `not decided: ${undecidedText(comparison, exit)}`;
  }
}

/** A saving, or its opposite, in percent: its value, and the range. */
export function percentText({ value, low, high }: Interval): string {
  const [sign, ends] = value < 0 ? [-1, [-high, -low]] : [1, [low, high]];
  const [from, to] = ends.map((end) => percent(end as number));
  return `${percent(sign * value)} % (${from} to ${to})`;
}

/** Cycles, and how many plain exits that is. */
export function cyclesText(cycles: number, exit: number): string {
  const count = grouped(Math.round(cycles));
  return exit > 0 ? `${count} cycles (${(cycles / exit).toFixed(2)} exits)` : `${count} cycles`;
}

/** Digits in groups of three. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

function undecidedText({ saving, turns, margin }: Comparison, exit: number): string {
  const word = saving.value < 0 ? 'dearer' : 'cheaper';
  const at = `${word} at the values of the list, by ${percentText(saving)}`;
  const alone =
    turns.length === 0
      ? 'no price turns it alone'
      : `it turns with ${turns.slice(0, TURNS_SHOWN).map(turnText(exit)).join(', or ')}`;
  const way =
    margin === null
      ? ''
      : `; all prices may go ${percent(margin)} % of the way to their worst ends`;
  return `${at}; ${alone}${way}`;
}

function turnText(exit: number): (turn: Turn) => string {
  return ({ price, cycles }) => `${price} at ${cyclesText(cycles, exit)}`;
}

/** One decimal; two where one would say nothing. */
function percent(share: number): string {
  const scaled = share * 100;
  const text = Math.abs(scaled) < 0.095 ? scaled.toFixed(2) : scaled.toFixed(1);
  return /^-0\.0+$/.test(text) ? text.slice(1) : text;
}
