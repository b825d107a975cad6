import { z } from 'zod';
import { PRICE_NAMES, type PriceName } from './names.js';

/** Most that a price may be: a third of a second of the fastest machine is not a price. */
export const PRICE_MAX = 1_000_000_000;

/** Kinds of ground that a price stands on, the firmest first. */
export const SURENESS = {
  published: 'Measured on the machine of the list and published.',
  derived: 'Worked out from published figures, which may be of other machines.',
  secondary: 'Quoted without the measurement.',
  inferred: 'Published by nobody: an order of magnitude, in a wide range.',
  calibrated: 'Read from reports of the host that the list is of.',
  chosen: 'Set by whoever asked for the race.',
} as const;
export type Sureness = keyof typeof SURENESS;

const cycles = z.number().min(0).max(PRICE_MAX);

/** One price: what it is, how far it may be off, and who says so. */
export const Price = z
  .strictObject({
    value: cycles.describe('Cycles.'),
    low: cycles.describe('Least that it may be.'),
    high: cycles.describe('Most that it may be.'),
    sure: z.enum(Object.keys(SURENESS) as [Sureness, ...Sureness[]]),
    cpu: z.string().max(200).describe('Processor that the figure is of.'),
    kernel: z.string().max(200).describe('Kernel that it ran.'),
    source: z.string().max(500).describe('Place of the figure, or the reason for a guess.'),
  })
  .refine(({ low, value, high }) => low <= value && value <= high, {
    error: ({ input }) => {
      const { low, value, high } = input as { low: number; value: number; high: number };
      return `a price lies between its low and its high end: ${low} <= ${value} <= ${high} does not hold`;
    },
  })
  .meta({ id: 'Price', description: 'A price in cycles, with its range and its source.' });
export type Price = z.output<typeof Price>;

/** Name of a price list: a preset's, or one that was taken in. */
export const PriceListName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, {
    error: 'a name has lower-case letters, digits, dots and hyphens, at most 63',
  })
  .meta({ id: 'PriceListName' });

/** A price list, as a race takes it: every price is there. */
export interface PriceList {
  readonly name: string;
  /** Processor whose cycles these are, and what it ran. */
  readonly machine: string;
  /** Cycles of a nanosecond. */
  readonly ghz: number;
  readonly prices: Readonly<Record<PriceName, Price>>;
}

/** The machine that a figure is of. */
export type Measured = Pick<Price, 'cpu' | 'kernel'>;

/** A row of a preset: value, low, high, ground, source; the machine, if it is not the list's. */
export type PriceRow = readonly [number, number, number, Sureness, string, Measured?];

/** Prices that are set to a number, without a range. */
export type PriceChanges = Readonly<Partial<Record<PriceName, number | undefined>>>;

/** A list with some prices set by whoever asks; those have no range. */
export function withChanges(list: PriceList, changes: PriceChanges): PriceList {
  const set = PRICE_NAMES.flatMap((name) => {
    const value = changes[name];
    if (value === undefined) return [];
    const { cpu, kernel } = list.prices[name];
    const source = 'set for this race';
    return [[name, { value, low: value, high: value, sure: 'chosen', cpu, kernel, source }]];
  });
  return { ...list, prices: { ...list.prices, ...Object.fromEntries(set) } };
}

/** A list out of rows, all of one processor and kernel. */
export function listOfRows(
  head: Pick<PriceList, 'name' | 'machine' | 'ghz'>,
  measured: Measured,
  rows: Readonly<Record<PriceName, PriceRow>>,
): PriceList {
  const prices = Object.fromEntries(
    PRICE_NAMES.map((name) => {
      const [value, low, high, sure, source, on = measured] = rows[name];
      return [name, { value, low, high, sure, ...on, source }];
    }),
  ) as PriceList['prices'];
  return { ...head, prices };
}
