import { getPriceList, listPriceLists } from '../api/jobs.js';
import type { PriceListHead, WireRace } from '../api/wire.js';
import type { GivenPrices } from '../engine/protocol.js';

/** Prices of a list by its name; null, or the race's own list, are the prices of the race. */
export async function pricesFor(race: WireRace, list: string | null): Promise<GivenPrices> {
  if (list === null || list === race.prices.list) return { base: null, prices: race.prices.cycles };
  const { base = null, prices } = await getPriceList(list);
  return { base, prices };
}

/** The lists that there are; none if the server does not say. */
export function priceHeads(): Promise<readonly PriceListHead[]> {
  return listPriceLists().catch(() => []);
}
