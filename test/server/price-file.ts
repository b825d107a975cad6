import { PRESET_NAMES } from '../../src/lab/index.js';

/** A price file that has no price of its own. */
export const PRICE_FILE = {
  format: 'mmulab-prices',
  formatVersion: 1,
  name: 'my-host',
  machine: 'A host at 3 GHz',
  ghz: 3,
  base: PRESET_NAMES[0],
  prices: {},
};
