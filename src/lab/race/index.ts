export {
  COST_MAX,
  COST_MODEL,
  COST_NAMES,
  COST_PARTS,
  COST_UNIT,
  type CostChanges,
  type CostName,
  type CostParameter,
} from './cost-model.js';
export { resultOf } from './finish.js';
export type { LaneSpec } from './lane.js';
export {
  createRace,
  LANES_MAX,
  lanesOf,
  pagesOfRace,
  type Race,
  RaceRefused,
  runCommand,
} from './race.js';
export { RaceResult, RaceSource, writeRaceResult } from './result.js';
