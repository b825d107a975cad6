import type { PriceList } from '../price-list.js';
import { core13900hk } from './core-13900hk.js';
import { xeon8269cy } from './xeon-8269cy.js';

/** The price lists that come with the product, by their name. */
export const PRESETS = {
  'xeon-8269cy-4.19': xeon8269cy,
  'core-13900hk-7.3': core13900hk,
} as const satisfies Readonly<Record<string, PriceList>>;

export type PresetName = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as [PresetName, ...PresetName[]];

/** The list of a race that names none: its prices hang together best. */
export const DEFAULT_PRICES: PriceList = xeon8269cy;
