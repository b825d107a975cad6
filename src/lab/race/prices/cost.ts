import type { RaceCounters } from '../counters.js';
import {
  type Amounts,
  COST_PARTS,
  type CostPart,
  PRICE_NAMES,
  PRICED,
  type PriceName,
} from './names.js';

/** A number that is known within bounds. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Prices as far as sums need them: each in cycles, with its range. */
export interface Ranges {
  readonly prices: Readonly<Record<PriceName, Interval>>;
}

/** A cost in cycles, how far it may be off, and what it is made of at the prices' values. */
export interface Cost {
  readonly total: number;
  readonly low: number;
  readonly high: number;
  readonly parts: Readonly<Record<CostPart, number>>;
}

/** The cost of some amounts: linear in the prices, so its ends are those of the prices. */
export function costOf(amounts: Amounts, { prices }: Ranges): Cost {
  const parts = Object.fromEntries(COST_PARTS.map((part) => [part, 0])) as Record<CostPart, number>;
  let [low, high] = [0, 0];
  for (const name of PRICE_NAMES) {
    const amount = amounts[name];
    const price = prices[name];
    parts[PRICED[name].part] += amount * price.value;
    low += amount * price.low;
    high += amount * price.high;
  }
  return { total: totalOf(amounts, { prices }), low, high, parts };
}

/** The same of counters, without a list of amounts: a race asks while it runs. */
export function totalSoFar(counters: RaceCounters, { prices }: Ranges): number {
  let total = 0;
  for (const name of PRICE_NAMES) total += PRICED[name].countOf(counters) * prices[name].value;
  return total;
}

/** The cost at the values of the prices alone. */
export function totalOf(amounts: Amounts, { prices }: Ranges): number {
  let total = 0;
  for (const name of PRICE_NAMES) total += amounts[name] * prices[name].value;
  return total;
}
