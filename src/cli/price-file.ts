import { PRESET_NAMES, PRESETS, PriceFile, type PriceList, priceListOf } from '../lab/index.js';
import { flawIn } from './flaw.js';
import { jsonIn } from './input.js';
import type { Terminal } from './terminal.js';
import { UnusableFile } from './wrong-use.js';

/** A preset by its name, or the price list of a file. @throws {UnusableFile} As for a file. */
export async function pricesOf(name: string, terminal: Terminal): Promise<PriceList> {
  const preset = Object.values(PRESETS).find((list) => list.name === name);
  return preset ?? priceListIn(name, terminal);
}

/** A name that is no file may be meant as one of a preset. */
async function contentOf(file: string, terminal: Terminal): Promise<unknown> {
  try {
    return await jsonIn(file, terminal);
  } catch (error) {
    if (!(error instanceof UnusableFile)) throw error;
    throw new UnusableFile(file, `${error.reason}; presets are ${PRESET_NAMES.join(', ')}`);
  }
}

/** The price list of a file. @throws {UnusableFile} If it cannot be read, or is none. */
async function priceListIn(file: string, terminal: Terminal): Promise<PriceList> {
  const parsed = PriceFile.safeParse(await contentOf(file, terminal));
  if (parsed.success) return priceListOf(parsed.data);
  throw new UnusableFile(file, `not a price list: ${flawIn(parsed.error)}`);
}
