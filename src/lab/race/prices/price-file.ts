import { z } from 'zod';
import { PRICE_NAMES } from './names.js';
import { PRESET_NAMES, PRESETS } from './presets/index.js';
import { Price, type PriceList, PriceListName } from './price-list.js';

/** The name of a list, and what it is of. */
export const PriceListHead = z.strictObject({
  name: PriceListName,
  machine: z.string().max(200).describe('Processor whose cycles these are, and what it ran.'),
  ghz: z.number().min(0.1).max(20).describe('Cycles of a nanosecond.'),
});

/** A price list as it stands in a file and on the wire: what it lacks is that of its base. */
export const PriceFile = z
  .strictObject({
    format: z.literal('mmulab-prices'),
    formatVersion: z.literal(1),
    ...PriceListHead.shape,
    base: z
      .enum(PRESET_NAMES)
      .nullable()
      .default(null)
      .describe('The list that has the prices which are absent here; null if none is.'),
    prices: z.partialRecord(z.enum(PRICE_NAMES), Price),
  })
  .refine(({ base, prices }) => base !== null || absentFrom(prices).length === 0, {
    path: ['prices'],
    error: ({ input }) => {
      const { prices } = input as { prices: object };
      return `without a base every price is there, and these are not: ${absentFrom(prices).join(', ')}`;
    },
  })
  .meta({ id: 'PriceFile', description: 'What each counted thing costs on one machine.' });
export type PriceFile = z.output<typeof PriceFile>;

/** The whole list that a file stands for. */
export function priceListOf({ name, machine, ghz, base, prices }: PriceFile): PriceList {
  const known = base === null ? {} : PRESETS[base].prices;
  return { name, machine, ghz, prices: { ...known, ...prices } as PriceList['prices'] };
}

/** The file of a whole list. */
export function priceFileOf({ name, machine, ghz, prices }: PriceList): PriceFile {
  return { format: 'mmulab-prices', formatVersion: 1, name, machine, ghz, base: null, prices };
}

function absentFrom(prices: object): string[] {
  return PRICE_NAMES.filter((name) => !(name in prices));
}
