export type { RaceCounters } from './counters.js';
export { resultOf, resultSteps } from './finish.js';
export type { LaneSpec } from './lane.js';
export { RaceRefused } from './machine.js';
export {
  type Amounts,
  amountsOf,
  COST_PARTS,
  COST_UNIT,
  type Comparison,
  compare,
  costOf,
  DEFAULT_PRICES,
  grouped,
  type Interval,
  PRESET_NAMES,
  PRESETS,
  PRICE_MAX,
  PRICE_NAMES,
  PRICED,
  type PresetName,
  type PriceChanges,
  type Priced,
  PriceFile,
  type PriceList,
  PriceListHead,
  PriceListName,
  type PriceName,
  priceFileOf,
  priceListOf,
  type Ranges,
  STANDINGS,
  type Standing,
  SURENESS,
} from './prices/index.js';
export {
  createRace,
  LANES_MAX,
  lanesOf,
  openRace,
  pagesOfRace,
  type Race,
  type RaceSetup,
  raceSteps,
  referencesOfRace,
  runCommand,
} from './race.js';
export { PricedThing, type RaceLane, RaceResult, RaceSource, writeRaceResult } from './result.js';
export { type Weighed, weigh } from './weigh.js';
