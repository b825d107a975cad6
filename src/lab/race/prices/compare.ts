import type { Interval, Ranges } from './cost.js';
import { type Amounts, PRICE_NAMES, type PriceName } from './names.js';

/**
 * For which prices one lane is cheaper than another.
 *
 * - `same`: they did the same priced things, so no price tells them apart.
 * - `cheaper`, `dearer`: so for every price within its range.
 * - `cheaper-unless`, `dearer-unless`: so as long as one price, which is named, stays on its side
 *   of a turning point, whatever the others are within their ranges.
 * - `undecided`: several prices must be known better.
 */
export const STANDINGS = [
  'same',
  'cheaper',
  'dearer',
  'cheaper-unless',
  'dearer-unless',
  'undecided',
] as const;
export type Standing = (typeof STANDINGS)[number];

/** A price beyond which the standing does not hold for sure. */
export interface Unless {
  readonly price: PriceName;
  /** The standing may fail below this price, or above it. */
  readonly side: 'below' | 'above';
  readonly cycles: number;
}

/** A price at which a lane and its baseline cost the same, all others at their value. */
export interface Turn {
  readonly price: PriceName;
  readonly cycles: number;
}

/** A lane held against its baseline. */
export interface Comparison {
  readonly standing: Standing;
  readonly unless: Unless | null;
  /** Share of the baseline's cost that is saved; negative if the lane is dearer. */
  readonly saving: Interval;
  /** Prices that turn the order by themselves within their range, from the value of the others. */
  readonly turns: Turn[];
  /**
   * Share of the way from their values to their worst ends that all prices may go before the order
   * turns; null if it does not turn.
   */
  readonly margin: number | null;
}

type Prices = Ranges['prices'];

/**
 * Compares two lanes over the whole box of prices. The cost is linear in the prices and each price
 * has a range of its own, so the extremes lie at corners that each price picks by itself: no search
 * and no rounding beyond that of the sums.
 */
export function compare(lane: Amounts, baseline: Amounts, { prices }: Ranges) {
  const more = PRICE_NAMES.flatMap((name) => {
    const amount = lane[name] - baseline[name];
    return amount === 0 ? [] : [{ name, amount }];
  });
  const { low, value, high } = extremesOf(more, prices);
  const comparison: Comparison = {
    ...standingOf(more, prices, { low, high }),
    saving: savingOf(lane, baseline, prices),
    turns: turnsOf(more, prices, value),
    margin: marginOf({ low, value, high }),
  };
  return comparison;
}

interface Difference {
  readonly name: PriceName;
  readonly amount: number;
}

/** Least, given and greatest value of a linear form over the box. */
function extremesOf(form: readonly Difference[], prices: Prices): Interval {
  let [low, value, high] = [0, 0, 0];
  for (const { name, amount } of form) {
    const price = prices[name];
    value += amount * price.value;
    low += amount * (amount > 0 ? price.low : price.high);
    high += amount * (amount > 0 ? price.high : price.low);
  }
  return { low, value, high };
}

function standingOf(
  more: readonly Difference[],
  prices: Prices,
  { low, high }: { low: number; high: number },
): Pick<Comparison, 'standing' | 'unless'> {
  if (more.length === 0) return { standing: 'same', unless: null };
  if (high < 0) return { standing: 'cheaper', unless: null };
  if (low > 0) return { standing: 'dearer', unless: null };
  const cheaper = widest(more, prices, high, 1);
  const dearer = widest(more, prices, low, -1);
  if (cheaper !== null && (dearer === null || cheaper.share >= dearer.share)) {
    return { standing: 'cheaper-unless', unless: cheaper.unless };
  }
  if (dearer !== null) return { standing: 'dearer-unless', unless: dearer.unless };
  return { standing: 'undecided', unless: null };
}

/**
 * The one price that decides alone, if there is one: with it on the good side of a point, even the
 * worst of all other prices leaves the order. Of several, the one with the most room.
 *
 * @param worst The extreme of the difference that is on the wrong side of zero.
 * @param sign 1 where cheaper is claimed, so that the difference must be below zero; else -1.
 */
function widest(
  more: readonly Difference[],
  prices: Prices,
  worst: number,
  sign: 1 | -1,
): { unless: Unless; share: number } | null {
  let best: { unless: Unless; share: number } | null = null;
  for (const { name, amount } of more) {
    const { low, high, value } = prices[name];
    const pushes = amount * sign > 0;
    const others = worst - amount * (pushes ? high : low);
    const cycles = -others / amount;
    const room = pushes ? cycles - low : high - cycles;
    const isReached = pushes ? value < cycles : value > cycles;
    if (high === low || room <= 0 || !isReached) continue;
    const share = room / (high - low);
    const side = pushes ? 'above' : 'below';
    if (best === null || share > best.share)
      best = { unless: { price: name, side, cycles }, share };
  }
  return best;
}

function turnsOf(more: readonly Difference[], prices: Prices, value: number): Turn[] {
  return more.flatMap(({ name, amount }) => {
    const price = prices[name];
    const cycles = price.value - value / amount;
    const isWithin = price.low <= cycles && cycles <= price.high && price.low < price.high;
    return isWithin ? [{ price: name, cycles }] : [];
  });
}

function marginOf({ low, value, high }: Interval): number | null {
  const worst = value < 0 ? high : low;
  if (value === 0) return low === high ? null : 0;
  if (worst * value > 0) return null;
  return value / (value - worst);
}

/**
 * The saving is a quotient of two linear forms. Its extremes over the box are found by Dinkelbach's
 * method: with the extreme so far as a factor, the quotient becomes a linear form again, and each
 * round lies strictly nearer; corners are finite, so it ends at the exact one.
 */
function savingOf(lane: Amounts, baseline: Amounts, prices: Prices): Interval {
  const cost = (amounts: Amounts, at: (name: PriceName) => number) =>
    PRICE_NAMES.reduce((sum, name) => sum + amounts[name] * at(name), 0);
  const savingAt = (at: (name: PriceName) => number) => {
    const base = cost(baseline, at);
    return base === 0 ? 0 : 1 - cost(lane, at) / base;
  };
  const value = savingAt((name) => prices[name].value);
  const extreme = (sign: 1 | -1) => {
    let best = value;
    for (;;) {
      // Saving s is reached where (1 - s) * baseline - lane is zero; its extreme end is sought.
      const corner = (name: PriceName) => {
        const slope = (1 - best) * baseline[name] - lane[name];
        return slope * sign > 0 ? prices[name].high : prices[name].low;
      };
      const next = savingAt(corner);
      if (!(next * sign > best * sign + ROUNDING)) return best;
      best = next;
    }
  };
  return { value, low: extreme(-1), high: extreme(1) };
}

/** A step below this is the rounding of a sum and no progress. */
const ROUNDING = 1e-12;
