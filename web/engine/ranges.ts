import { PRESETS, PRICE_NAMES, type Ranges } from '../../src/lab/index.js';
import type { GivenPrices } from './protocol.js';

/**
 * The whole list that some prices and their base stand for.
 *
 * @throws {Error} If a price is in neither.
 */
export function rangesOf({ base, prices }: GivenPrices): Ranges {
  const whole: Partial<Ranges['prices']> = { ...(base && PRESETS[base].prices), ...prices };
  const lacking = PRICE_NAMES.filter((name) => whole[name] === undefined);
  if (!isWhole(whole)) throw new Error(`Cannot weigh: the list lacks ${lacking.join(', ')}`);
  return { prices: whole };
}

function isWhole(prices: Partial<Ranges['prices']>): prices is Ranges['prices'] {
  return PRICE_NAMES.every((name) => prices[name] !== undefined);
}
