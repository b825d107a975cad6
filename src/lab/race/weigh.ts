import type { RaceCounters } from './counters.js';
import {
  amountsOf,
  type Comparison,
  type Cost,
  compare,
  costOf,
  PRICE_NAMES,
  type Ranges,
  standingText,
} from './prices/index.js';

/** Cost of a lane, and its comparison with the lane that it is held against. */
export interface Weighed {
  readonly cost: Cost;
  /** `text` says all of it as a sentence. */
  readonly comparison: Comparison & { readonly text: string };
  /** Index of the first lane that did the same priced things, so that no price tells them apart. */
  readonly tie: number;
}

/**
 * Lays prices upon the counts of lanes. A race that has run is weighed again for any list of prices
 * and against any of its lanes.
 *
 * @param baseline Index of the lane that all are held against.
 * @throws {RangeError} If there is no such lane.
 */
export function weigh(lanes: readonly RaceCounters[], baseline: number, ranges: Ranges): Weighed[] {
  const amounts = lanes.map(amountsOf);
  const against = amounts[baseline];
  if (against === undefined) {
    throw new RangeError(`Cannot weigh against lane ${baseline}: there are ${lanes.length}`);
  }
  const keys = amounts.map((lane) => PRICE_NAMES.map((name) => lane[name]).join());
  return amounts.map((lane, index) => {
    const comparison = compare(lane, against, ranges);
    const text = standingText(comparison, ranges.prices.exit.value);
    return {
      cost: costOf(lane, ranges),
      comparison: { ...comparison, text },
      tie: keys.indexOf(keys[index] as string),
    };
  });
}
