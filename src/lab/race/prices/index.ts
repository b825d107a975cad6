export {
  type Comparison,
  compare,
  STANDINGS,
  type Standing,
  type Turn,
  type Unless,
} from './compare.js';
export {
  type Cost,
  costOf,
  type Interval,
  type Ranges,
  totalOf,
  totalSoFar,
} from './cost.js';
export {
  type Amounts,
  amountsOf,
  COST_PARTS,
  COST_UNIT,
  type CostPart,
  PRICE_NAMES,
  PRICED,
  type Priced,
  type PriceName,
} from './names.js';
export { DEFAULT_PRICES, PRESET_NAMES, PRESETS, type PresetName } from './presets/index.js';
export { PriceFile, PriceListHead, priceFileOf, priceListOf } from './price-file.js';
export {
  PRICE_MAX,
  type Price,
  type PriceChanges,
  type PriceList,
  PriceListName,
  SURENESS,
  type Sureness,
  withChanges,
} from './price-list.js';
export { cyclesText, grouped, percentText, standingText } from './sentence.js';
