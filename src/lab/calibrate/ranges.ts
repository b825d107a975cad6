import type { Interval } from '../race/index.js';

/** Arithmetic of ranges whose ends may all come together. Nothing costs less than nothing. */
export function less(from: Interval, ...parts: readonly Interval[]): Interval {
  const sum = (of: (part: Interval) => number) => parts.reduce((all, part) => all + of(part), 0);
  return {
    value: Math.max(0, from.value - sum(({ value }) => value)),
    low: Math.max(0, from.low - sum(({ high }) => high)),
    high: Math.max(0, from.high - sum(({ low }) => low)),
  };
}

export function plus(one: Interval, other: Interval): Interval {
  return {
    value: one.value + other.value,
    low: one.low + other.low,
    high: one.high + other.high,
  };
}

export function scaled({ value, low, high }: Interval, by: number): Interval {
  return { value: value * by, low: low * by, high: high * by };
}

/** The value of the first, in a range that has both ranges in it. */
export function widest(first: Interval, other: Interval): Interval {
  return {
    value: first.value,
    low: Math.min(first.low, other.low),
    high: Math.max(first.high, other.high),
  };
}
