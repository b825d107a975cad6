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
export { resultOf, resultSteps } from './finish.js';
export type { LaneSpec } from './lane.js';
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
export { RaceCosts, RaceResult, RaceSource, writeRaceResult } from './result.js';
