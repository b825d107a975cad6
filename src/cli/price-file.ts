import { PRESETS, PriceFile, type PriceList, priceListOf } from '../lab/index.js';
import { flawIn } from './flaw.js';
import { jsonIn } from './input.js';
import type { Terminal } from './terminal.js';
import { UnusableFile } from './wrong-use.js';

/** A preset by its name, or the price list of a file. @throws {UnusableFile} As for a file. */
export async function pricesOf(name: string, terminal: Terminal): Promise<PriceList> {
  const preset = Object.values(PRESETS).find((list) => list.name === name);
  return preset ?? priceListIn(name, terminal);
}

/** The price list of a file. @throws {UnusableFile} If it cannot be read, or is none. */
async function priceListIn(file: string, terminal: Terminal): Promise<PriceList> {
  const parsed = PriceFile.safeParse(await jsonIn(file, terminal));
  if (parsed.success) return priceListOf(parsed.data);
  throw new UnusableFile(file, `not a price list: ${flawIn(parsed.error)}`);
}
