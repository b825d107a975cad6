export { resultOf, resultSteps } from './finish.js';
export type { LaneSpec } from './lane.js';
export {
  COST_PARTS,
  COST_UNIT,
  DEFAULT_PRICES,
  fileOf,
  listOf,
  PRESET_NAMES,
  PRESETS,
  PRICE_MAX,
  PRICE_NAMES,
  PRICED,
  type PriceChanges,
  type Priced,
  PriceFile,
  type PriceList,
  PriceListHead,
  PriceListName,
  type PriceName,
  SURENESS,
} from './prices/index.js';
export {
  createRace,
  LANES_MAX,
  lanesOf,
  openRace,
  pagesOfRace,
  type Race,
  RaceRefused,
  raceSteps,
  referencesOfRace,
  runCommand,
} from './race.js';
export { type RaceLane, RaceResult, RaceSource, writeRaceResult } from './result.js';
