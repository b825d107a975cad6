import { listOf, PriceFile, type PriceList } from '../lab/index.js';
import { flawIn } from './flaw.js';
import { jsonIn } from './input.js';
import type { Terminal } from './terminal.js';
import { UnusableFile } from './wrong-use.js';

/** The price list of a file. @throws {UnusableFile} If it cannot be read, or is none. */
export async function priceListIn(file: string, terminal: Terminal): Promise<PriceList> {
  const parsed = PriceFile.safeParse(await jsonIn(file, terminal));
  if (parsed.success) return listOf(parsed.data);
  throw new UnusableFile(file, `not a price list: ${flawIn(parsed.error)}`);
}
